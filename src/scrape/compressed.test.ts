import { getEventListeners } from 'node:events';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Coding } from '../http/coding.ts';
import { compressed } from './compressed.ts';

type Part = string | Uint8Array;

async function* given(parts: readonly Part[]): AsyncGenerator<Part> {
  for (const part of parts) yield part;
}

const never = () => new AbortController().signal;

const readers: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  identity: (bytes) => bytes,
};

/** Parts that differ, so that one that came twice or in another's place shows. */
const texts = (lengths: readonly number[], character = 'x') =>
  lengths.map((length, index) => `${index}:${character.repeat(length)}\n`);

const cases: [name: string, parts: Part[]][] = [
  ['nothing', []],
  ['empty parts', ['', new Uint8Array()]],
  ['one short text', ['a']],
  ['many texts of the usual size', texts(Array.from({ length: 100 }, () => 33_000))],
  ['texts that outgrow the buffers', texts([10, 100_000, 20, 1_000_000, 30, 40, 400_000])],
  ['characters of three bytes', texts([30_000, 50_000, 60_000], '€')],
  ['halves of surrogates', ['\ud800', 'a\udc00']],
  ['bytes', [Buffer.from('a'), Buffer.alloc(200_000, 7), Buffer.from('b')]],
];
for (const [coding, read] of Object.entries(readers)) {
  test.each(cases)(`${coding}: %s`, async (_name, parts) => {
    const { chunks, length, size } = await compressed(given(parts), coding as Coding, never()); // a key of `readers`
    const whole = Buffer.concat(parts.map((part) => Buffer.from(part as string))); // bytes too
    expect(Buffer.concat(chunks)).toHaveLength(length);
    expect(size).toBe(whole.length);
    expect(Buffer.from(read(Buffer.concat(chunks))).equals(whole)).toBe(true);
  });
}

test.each(Object.keys(readers))('%s: a part that fails rejects', async (coding) => {
  const cause = new Error('broken');
  const failing = async function* (): AsyncGenerator<Part> {
    yield 'x'.repeat(100_000);
    throw cause;
  };
  await expect(compressed(failing(), coding as Coding, never())).rejects.toBe(cause); // as above
});

test.each(Object.keys(readers))('%s: what is given up asks for no further parts and leaves nothing', async (coding) => {
  const abort = new AbortController();
  let asked = 0;
  let closed = false;
  const endless = async function* (): AsyncGenerator<Part> {
    try {
      for (;;) {
        asked += 1;
        if (asked === 10) abort.abort();
        yield 'x'.repeat(40_000);
      }
    } finally {
      closed = true;
    }
  };
  const body = compressed(endless(), coding as Coding, abort.signal); // as above
  await expect(body).rejects.toThrow(/abort|destroyed/);
  expect(asked).toBeLessThan(15);
  expect(closed).toBe(true);
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
});
