import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { warnUnlessAwaited } from './watched-promise.ts';

const unhandled = vi.fn();
beforeEach(() => {
  unhandled.mockReset();
  process.on('unhandledRejection', unhandled);
});
afterEach(() => {
  process.off('unhandledRejection', unhandled);
});

const error = new Error('no port');
const failed = (warn: (error: unknown) => void) =>
  warnUnlessAwaited(new Promise<string>((_resolve, reject) => setTimeout(() => reject(error), 5)), warn);
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test('a rejection that nobody waits for is a warning, and ends nothing', async () => {
  const warn = vi.fn();
  void failed(warn);
  await settled();
  expect(warn.mock.calls).toEqual([[error]]);
  expect(unhandled).not.toHaveBeenCalled();
});

const waiters: [name: string, wait: (promise: Promise<string>) => Promise<unknown>][] = [
  ['await', async (promise) => await promise],
  ['then', (promise) => promise.then((value) => value)],
  ['catch', (promise) => promise.catch((reason: unknown) => Promise.reject(reason))],
  ['finally', (promise) => promise.finally(() => {})],
  ['Promise.all', (promise) => Promise.all([promise, Promise.resolve('other')])],
  ['Promise.resolve', (promise) => Promise.resolve(promise)],
];
test.each(waiters)('who waits by %s gets the rejection, and no warning', async (_name, wait) => {
  const warn = vi.fn();
  await expect(wait(failed(warn))).rejects.toBe(error);
  await settled();
  expect(warn).not.toHaveBeenCalled();
  expect(unhandled).not.toHaveBeenCalled();
});

test('a value is passed on', async () => {
  const warn = vi.fn();
  const promise = warnUnlessAwaited(Promise.resolve(5), warn);
  expect(promise).toBeInstanceOf(Promise);
  expect(promise.then((value) => value).constructor).toBe(Promise);
  expect(await promise).toBe(5);
  expect(warn).not.toHaveBeenCalled();
});
