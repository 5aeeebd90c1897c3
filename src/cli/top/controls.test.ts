import { expect, test } from 'vitest';
import { Controls, keyHelp, type Request } from './controls.ts';
import { readKeys } from './keys.ts';
import { Places } from './places.ts';
import type { Row } from './rows.ts';

const row = (method: string, ratePerSecond = 0, side: Row['side'] = 'server'): Row => ({
  side,
  method,
  ratePerSecond,
  errorRatio: null,
  faultRatio: null,
  p50: null,
  p95: null,
  p99: null,
  inFlight: null,
});

const typed: [name: string, text: string, keys: string[]][] = [
  ['a letter', 'q', ['q']],
  ['arrows', '\u001B[A\u001BOB\u001B[C\u001B[D', ['up', 'down', 'right', 'left']],
  ['pages', '\u001B[5~\u001B[6~\u001B[H\u001B[4~', ['page up', 'page down', 'home', 'end']],
  ['escape alone', '\u001B', ['escape']],
  ['escape and a letter', '\u001Bq', ['escape', 'q']],
  ['a function key, and a letter', '\u001B[15~q\u001BOPs', ['q', 's']],
  ['control characters', '\u0003\u001A\r\u007F', ['interrupt', 'suspend', 'enter', 'backspace']],
  ['a character of two units', '😀', ['😀']],
];
test.each(typed)('keys are read: %s', (_name, text, keys) => {
  expect(readKeys(text)).toEqual(keys);
});

/** The controls after these keys, how often the rows were sorted, and what was asked of the command last. */
function press(...texts: string[]): { controls: Controls; sorts: number; request: Request } {
  let sorts = 0;
  let request: Request;
  const controls = new Controls('rate', () => {
    sorts += 1;
  });
  controls.room = 10;
  for (const key of texts.flatMap(readKeys)) request = controls.press(key);
  return { controls, sorts, request };
}

const pressed: [name: string, keys: string, changed: Partial<Controls>, sorts: number, request: Request][] = [
  ['q', 'q', {}, 0, 'quit'],
  ['Ctrl-C', '\u0003', {}, 0, 'quit'],
  ['Ctrl-C in the filter', '/\u0003', { isTyping: true }, 0, 'quit'],
  ['Ctrl-Z', '\u001A', {}, 0, 'suspend'],
  ['q in the filter', '/q', { filter: 'q', isTyping: true }, 0, undefined],
  ['s', 's', { order: 'errors' }, 1, undefined],
  ['s to the first again', 'ssssssss', { order: 'rate' }, 8, undefined],
  ['left', '\u001B[D', { order: 'method' }, 1, undefined],
  ['r', 'r', { order: 'rate' }, 1, undefined],
  ['down and up', '\u001B[B\u001B[B\u001B[A', { offset: 1 }, 0, undefined],
  ['up at the top', '\u001B[A', { offset: 0 }, 0, undefined],
  ['a page', '\u001B[6~', { offset: 10 }, 0, undefined],
  ['a sort goes to the top', '\u001B[6~s', { offset: 0 }, 1, undefined],
  ['a filter', '/Order\u007F\r', { filter: 'Orde', isTyping: false }, 0, undefined],
  ['a filter that is given up', '/x\u001B', { filter: '', isTyping: false }, 0, undefined],
  ['a filter that is ended later', '/x\r\u001B', { filter: '', isTyping: false }, 0, undefined],
  ['a filter with characters that steer', '/a\u0001b', { filter: 'ab' }, 0, undefined],
  ['p', 'p', { areProcessesShown: false }, 0, undefined],
  ['p again', 'pp', { areProcessesShown: true }, 0, undefined],
  ['help', '?', { isHelpShown: true }, 0, undefined],
  ['any key ends the help', '?q', { isHelpShown: false }, 0, undefined],
  ['a key that does nothing', 'x', { offset: 0, order: 'rate' }, 0, undefined],
];
test.each(pressed)('a key does what the help says: %s', (_name, keys, changed, sorts, request) => {
  const after = press(keys);
  expect(after.controls).toMatchObject(changed);
  expect([after.sorts, after.request]).toEqual([sorts, request]);
});

test('a filter is a part of the method, the side or the target, in any case', () => {
  const matches = (filter: string, one: Row) => press(`/${filter}`).controls.matches(one);
  expect(matches('ORDER', row('/shop.v1.Orders/Get'))).toBe(true);
  expect(matches('client', row('/a', 0, 'client'))).toBe(true);
  expect(matches('10.0', { ...row('/a'), target: 'http://10.0.0.1/metrics' })).toBe(true);
  expect(matches('orders', row('/a'))).toBe(false);
});

test('a row keeps its place until all are sorted again', () => {
  const places = new Places();
  const arrange = (...rows: Row[]) => places.arrange(rows, 'rate').map(({ method }) => method);
  expect(arrange(row('/a', 1), row('/b', 3), row('/c', 2))).toEqual(['/b', '/c', '/a']);
  expect(arrange(row('/a', 9), row('/b', 0), row('/c', 2))).toEqual(['/b', '/c', '/a']);
  // One is away, new ones are the last, and it comes back to its place.
  expect(arrange(row('/a', 9), row('/b', 0), row('/d', 1), row('/e', 5))).toEqual(['/b', '/a', '/e', '/d']);
  expect(arrange(row('/a'), row('/b'), row('/c'), row('/d'), row('/e'))).toEqual(['/b', '/c', '/a', '/e', '/d']);
  places.clear();
  expect(arrange(row('/a', 9), row('/b', 0), row('/c', 2))).toEqual(['/a', '/c', '/b']);
});

test('both sides of a method have places of their own', () => {
  const places = new Places();
  const both = [row('/a', 1), row('/a', 2, 'client')];
  expect(places.arrange(both, 'rate').map(({ side }) => side)).toEqual(['client', 'server']);
  expect(places.arrange(both.toReversed(), 'method').map(({ side }) => side)).toEqual(['client', 'server']);
});

test('the help of the keys fits into a terminal of 80 columns and 17 lines', () => {
  expect(keyHelp.filter((line) => line.length > 80)).toEqual([]);
  expect(keyHelp.length + 2).toBeLessThanOrEqual(17); // behind two lines of introduction
});
