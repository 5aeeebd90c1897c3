import { expect, test } from 'vitest';
import type { Encoding } from '../encode/encoding.ts';
import { render, renderWhole } from './render.ts';

const encoding = (parts: readonly (string | Uint8Array)[]): Encoding => ({ contentType: 'x/y', encode: () => parts });

test('parts come as the encoding gives them, in their order', async () => {
  const given: (string | Uint8Array)[] = [];
  const parts = ['a', '', Buffer.of(1), Buffer.of(), 'b'];
  for await (const part of render([], encoding(parts))) given.push(part);
  expect(given).toEqual(parts);
});

const wholes: [name: string, parts: (string | Uint8Array)[], whole: string | Uint8Array][] = [
  ['nothing', [], ''],
  ['text', ['a', '', 'ö'], 'aö'],
  ['empty text', ['', ''], ''],
  ['bytes', [Buffer.of(1), Buffer.of(), Buffer.of(0, 255)], Buffer.of(1, 0, 255)],
  ['a long part', ['x'.repeat(100_000), 'y'], `${'x'.repeat(100_000)}y`],
];
test.each(wholes)('the whole is of the kind of its parts: %s', async (_name, parts, whole) => {
  expect(await renderWhole([], encoding(parts))).toEqual(whole);
});

/** Turns of the event loop while ten parts are rendered, each of which takes so many milliseconds by the clock. */
async function turns(millisecondsPerPart: number, sliceMs?: number): Promise<number> {
  let seconds = 0;
  const encode = function* (): Generator<string> {
    for (let part = 0; part < 10; part += 1) {
      seconds += millisecondsPerPart / 1000;
      yield 'x'.repeat(20_000);
    }
  };
  return turnsOf(encode, () => seconds, sliceMs);
}

async function turnsOf(encode: Encoding['encode'], now: () => number, sliceMs?: number): Promise<number> {
  let counted = 0;
  const count = (): void => {
    counted += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await renderWhole([], { contentType: 'x/y', encode }, { now, ...(sliceMs !== undefined && { sliceMs }) });
  clearImmediate(next);
  return counted;
}

const slices: [name: string, perPart: number, sliceMs: number | undefined, turns: number][] = [
  ['all within one slice', 0.1, undefined, 0],
  ['a part takes a slice', 2.1, undefined, 10],
  ['two parts take a slice', 1.1, undefined, 5],
  ['another slice', 2.1, 5, 3],
  ['no slice at all', 0, 0, 10],
];
test.each(slices)('the event loop has its turn after each slice: %s', async (_name, perPart, sliceMs, expected) => {
  expect(await turns(perPart, sliceMs)).toBe(expected);
});

test('the event loop has its turns while an encoding gives nothing yet', async () => {
  let seconds = 0;
  const encode = function* (): Generator<Uint8Array> {
    for (let part = 0; part < 160; part += 1) {
      seconds += 0.0015;
      yield new Uint8Array();
    }
    yield Buffer.of(7);
  };
  expect(await turnsOf(encode, () => seconds)).toBe(80);
});

test('an encoding that breaks rejects', async () => {
  const cause = new Error('broken');
  const encode = function* (): Generator<string> {
    yield 'x'.repeat(20_000);
    throw cause;
  };
  await expect(renderWhole([], { contentType: 'x/y', encode })).rejects.toBe(cause);
});
