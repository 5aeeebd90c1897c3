import { afterEach, expect, test, vi } from 'vitest';
import { Faults } from '../../rpc/faults.ts';
import { observeExceptions, seeExceptions } from './exceptions.ts';

const path = '@nestjs/microservices/exceptions/rpc-exceptions-handler.js';
afterEach(() => {
  vi.doUnmock(path);
});

test('the class that NestJS has is observed without a fault', async () => {
  const warn = vi.fn();
  await seeExceptions(new Faults(warn));
  expect(warn).not.toHaveBeenCalled();
});

const lacking: [name: string, module: () => object][] = [
  [
    'the file',
    () => {
      throw new Error('not found');
    },
  ],
  ['the class', () => ({ RpcExceptionsHandler: undefined })],
  ['the method', () => ({ RpcExceptionsHandler: class {} })],
];
test.each(lacking)('a NestJS without %s costs one warning and a counted fault', async (_name, module) => {
  vi.doMock(path, module);
  const warnings: string[] = [];
  const faults = new Faults((message) => warnings.push(message));
  await seeExceptions(faults);
  expect(warnings).toEqual([
    expect.stringContaining('has no RpcExceptionsHandler: the classes of exceptions are not recorded'),
  ]);
});

test('what the class did before it still does, once, with all of its arguments', () => {
  class Handler {
    readonly calls: unknown[][] = [];
    handle(...given: unknown[]): string {
      this.calls.push(given);
      return 'answer';
    }
  }
  observeExceptions(Handler);
  observeExceptions(Handler);
  const handler = new Handler();
  const host = { getArgs: vi.fn(() => ['data']) };
  expect(handler.handle('exception', host, true)).toBe('answer');
  expect(handler.calls).toEqual([['exception', host, true]]);
  expect(host.getArgs).toHaveBeenCalledOnce();
});
