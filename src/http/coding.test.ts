import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Coding, chooseCoding, compressor } from './coding.ts';

const headers: [header: string | string[] | undefined, coding: Coding][] = [
  [undefined, 'identity'],
  ['', 'identity'],
  [' ', 'identity'],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['gzip;q=1', 'gzip'],
  ['gzip;q=0.001', 'gzip'],
  ['gzip;q=0', 'identity'],
  ['gzip;q=0.000', 'identity'],
  ['gzip;q=-1', 'identity'],
  ['gzip;Q=0', 'identity'],
  ['gzip ; q=0', 'identity'],
  ['gzip;level=1;q=0', 'identity'],
  ['gzip;q=', 'identity'],
  ['gzip;q=much', 'identity'],
  ['*', 'gzip'],
  ['*;q=0', 'identity'],
  ['identity', 'identity'],
  ['identity;q=0', 'identity'],
  ['deflate, gzip;q=0, *', 'identity'],
  ['*, gzip;q=0', 'identity'],
  ['*;q=0, gzip', 'gzip'],
  ['notgzip', 'identity'],
  ['gzip2', 'identity'],
  ['gzip,', 'gzip'],
  [['br', 'gzip'], 'gzip'],
  // Brotli and identity: only by name, and only with a higher weight than gzip.
  ['br', 'br'],
  ['br, gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'gzip'],
  ['br, gzip;q=0.5', 'br'],
  ['gzip;q=0.9, br;q=0.95', 'br'],
  ['br;q=0.5, gzip;q=0.5', 'gzip'],
  ['br, *', 'gzip'],
  ['br, *;q=0.1', 'br'],
  ['br;q=0, gzip;q=0', 'identity'],
  // What the library does not have.
  ['zstd', 'identity'],
  ['br, zstd', 'br'],
  ['gzip, deflate, br, zstd', 'gzip'],
  ['zstd, gzip;q=0.5', 'gzip'],
  ['gzip;q=0.5, identity', 'identity'],
  ['gzip, identity;q=0.5', 'gzip'],
  ['gzip, identity', 'gzip'],
];
test.each(headers)('Accept-Encoding %j is answered in %s', (header, coding) => {
  expect(chooseCoding(header)).toBe(coding);
});

const codings: [coding: Coding, decompress: (bytes: Buffer) => Buffer][] = [
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
];
test.each(codings)('%s decompresses to the original text and is smaller', async (coding, decompress) => {
  const written = 'grpc_requests_total{method="/shop.v1.Shop/Buy"} 1\n'.repeat(10_000);
  const compressed = await buffer(compressor(coding)!.end(written));
  expect(compressed.length).toBeLessThan(written.length / 10);
  expect(decompress(compressed).toString()).toBe(written);
});

test('identity needs no compressor', () => {
  expect(compressor('identity')).toBeUndefined();
});
