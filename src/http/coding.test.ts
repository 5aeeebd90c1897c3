import { buffer } from 'node:stream/consumers';
import zlib, { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Coding, chooseCoding, compressor, hasZstd } from './coding.ts';

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
  // Others than gzip where they are named, and wanted more.
  ['br', 'br'],
  ['zstd', 'zstd'],
  ['br, zstd', 'zstd'],
  ['br, zstd;q=0.9', 'br'],
  ['br, gzip', 'gzip'],
  ['zstd, gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'gzip'],
  ['br, gzip;q=0.5', 'br'],
  ['zstd, gzip;q=0.9, br;q=0.95', 'zstd'],
  ['br;q=0.5, gzip;q=0.5', 'gzip'],
  ['br, *', 'gzip'],
  ['br, *;q=0.1', 'br'],
  ['zstd;q=0, gzip;q=0', 'identity'],
  ['gzip;q=0.5, identity', 'identity'],
  ['gzip, identity;q=0.5', 'gzip'],
  ['gzip, identity', 'gzip'],
];
test.each(headers)('Accept-Encoding %j is answered in %s', (header, coding) => {
  expect(chooseCoding(header, true)).toBe(coding);
});

const without: [header: string, coding: Coding][] = [
  ['zstd', 'identity'],
  ['br, zstd', 'br'],
  ['zstd, gzip;q=0.5', 'gzip'],
];
test.each(without)('on a Node without zstd, %j is answered in %s', (header, coding) => {
  expect(chooseCoding(header, false)).toBe(coding);
});

const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Buffer }; // newer than @types/node
const codings: [coding: Coding, decompress: (bytes: Buffer) => Buffer, skip: boolean][] = [
  ['gzip', gunzipSync, false],
  ['br', brotliDecompressSync, false],
  ['zstd', (bytes) => zstdDecompressSync!(bytes), !hasZstd],
];
test.each(codings)('%s reads back as what was written, and is smaller', async (coding, decompress, skip) => {
  if (skip) return;
  const written = 'grpc_requests_total{method="/shop.v1.Shop/Buy"} 1\n'.repeat(10_000);
  const compressed = await buffer(compressor(coding)!.end(written));
  expect(compressed.length).toBeLessThan(written.length / 10);
  expect(decompress(compressed).toString()).toBe(written);
});

test('nothing is done for identity', () => {
  expect(compressor('identity')).toBeUndefined();
});
