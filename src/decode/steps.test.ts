import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readCalls } from '../cli/top/reading.ts';
import { rowsOf } from '../cli/top/rows.ts';
import { windowsOf } from '../cli/top/window.ts';
import { textFormat } from './dialect.ts';
import { readExpositionInSteps } from './exposition.ts';
import { runAtOnce, runInSlices, type Steps } from './steps.ts';

function* count(to: number): Steps<number> {
  for (let at = 0; at < to; at += 1) yield;
  return to;
}

test('work in slices lets the event loop run between them, and has the same result', async () => {
  let turns = 0;
  const ended = new AbortController();
  const counting = (async () => {
    while (!ended.signal.aborted) {
      await nextTurn();
      turns += 1;
    }
  })();
  expect(await runInSlices(count(100), new AbortController().signal, 0)).toBe(100);
  ended.abort();
  await counting;
  expect(turns).toBeGreaterThanOrEqual(100);
  expect(runAtOnce(count(100))).toBe(100);
});

test('work in slices ends when it is given up', async () => {
  const stop = new AbortController();
  setImmediate(() => stop.abort(new Error('enough')));
  await expect(runInSlices(count(Infinity), stop.signal, 0)).rejects.toThrow('enough');
});

/** The result, and how often it paused. */
function pauses<T>(steps: Steps<T>): [pauses: number, result: T] {
  for (let paused = 0; ; paused += 1) {
    const { done, value } = steps.next();
    if (done) return [paused, value];
  }
}

test('a large answer is read with pauses, all the way to its rows', () => {
  const methods = 2000;
  const lines = Array.from({ length: methods }, (_none, index) =>
    ['OK', 'INTERNAL', 'ABORTED'].map((status) => `grpc_requests_total{method="/s/${index}",status="${status}"} 1\n`),
  ).flat();
  const text = Buffer.from(lines.join(''));
  const [reading, exposition] = pauses(readExpositionInSteps(text, textFormat));
  expect(reading).toBeGreaterThanOrEqual(Math.floor(text.length / 100_000));
  const [finding, calls] = pauses(readCalls(exposition));
  expect(finding).toBeGreaterThanOrEqual(lines.length / 1000);
  const [comparing, windows] = pauses(windowsOf(calls!.methods, calls!, 1));
  expect(comparing).toBe(methods);
  const [adding, rows] = pauses(
    rowsOf(
      windows.map((window) => ['http://a', window] as const),
      'method',
    ),
  );
  expect(adding).toBeGreaterThanOrEqual(methods);
  expect(rows).toHaveLength(methods);
});
