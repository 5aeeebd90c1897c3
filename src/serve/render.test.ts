import { expect, test } from 'vitest';
import type { Encoding } from '../encode/encoding.ts';
import { render, renderWhole } from './render.ts';

const encoding = (parts: readonly (string | Uint8Array)[]): Encoding => ({ contentType: 'x/y', encode: () => parts });

async function chunks(parts: readonly (string | Uint8Array)[]): Promise<(string | Uint8Array)[]> {
  const given: (string | Uint8Array)[] = [];
  for await (const chunk of render([], encoding(parts))) given.push(chunk);
  return given;
}

const line = 'grpc_requests_total{method="/shop.v1.Shop/Buy",status="OK"} 12345\n';

test('text is given in chunks of 16 to 32 kB, whole and in its order', async () => {
  const parts = Array.from({ length: 2000 }, (_, index) => `${index} ${line}`);
  const given = await chunks(parts);
  expect(given.join('')).toBe(parts.join(''));
  for (const chunk of given.slice(0, -1)) {
    expect(chunk.length).toBeGreaterThanOrEqual(16_384);
    expect(chunk.length).toBeLessThan(32_768);
  }
  expect(given.length).toBeGreaterThan(5);
});

test('bytes too', async () => {
  const parts = Array.from({ length: 2000 }, (_, index) => Buffer.from(`${index} ${line}`));
  const given = (await chunks(parts)) as Uint8Array[]; // as they were
  expect(Buffer.concat(given).equals(Buffer.concat(parts))).toBe(true);
  for (const chunk of given.slice(0, -1)) expect(chunk.length).toBeLessThan(32_768);
});

const wholes: [name: string, parts: (string | Uint8Array)[], whole: string | Uint8Array][] = [
  ['nothing', [], ''],
  ['text', ['a', '', 'ö'], 'aö'],
  ['empty text', ['', ''], ''],
  ['bytes', [Buffer.of(1), Buffer.of(), Buffer.of(0, 255)], Buffer.of(1, 0, 255)],
  ['a part longer than a chunk', ['x'.repeat(100_000), 'y'], `${'x'.repeat(100_000)}y`],
];
test.each(wholes)('the whole is of the kind of its parts: %s', async (_name, parts, whole) => {
  expect(await renderWhole([], encoding(parts))).toEqual(whole);
});

/** Turns of the event loop while ten chunks are rendered, each of which takes so many milliseconds by the clock. */
async function turns(millisecondsPerChunk: number, sliceMs?: number): Promise<number> {
  let seconds = 0;
  const encode = function* (): Generator<string> {
    for (let chunk = 0; chunk < 10; chunk += 1) {
      seconds += millisecondsPerChunk / 1000;
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

const slices: [name: string, perChunk: number, sliceMs: number | undefined, turns: number][] = [
  ['all within one slice: only the turn before it', 0.1, undefined, 1],
  ['a chunk takes a slice', 2.1, undefined, 11],
  ['two chunks take a slice', 1.1, undefined, 6],
  ['another slice', 2.1, 5, 4],
  ['no slice at all', 0, 0, 11],
];
test.each(slices)('the event loop has its turn after each slice: %s', async (_name, perChunk, sliceMs, expected) => {
  expect(await turns(perChunk, sliceMs)).toBe(expected);
});

test('the event loop has its turns while an encoding gives nothing yet', async () => {
  let seconds = 0;
  const encode = function* (): Generator<Uint8Array> {
    for (let part = 0; part < 160; part += 1) {
      seconds += 0.001;
      yield new Uint8Array();
    }
    yield Buffer.of(7);
  };
  expect(await turnsOf(encode, () => seconds)).toBe(11);
});

test('an encoding that breaks rejects', async () => {
  const cause = new Error('broken');
  const encode = function* (): Generator<string> {
    yield 'x'.repeat(20_000);
    throw cause;
  };
  await expect(renderWhole([], { contentType: 'x/y', encode })).rejects.toBe(cause);
});
