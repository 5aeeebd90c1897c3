import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BodyScanner, readPiece, sizeOf } from './body-messages.ts';

function envelope(message: Uint8Array, flags = 0): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const large = Buffer.alloc(100_000, 'x');
const rows: readonly (readonly [
  name: string,
  envelopes: readonly Uint8Array[],
  encoding: string | null,
  sizes: readonly unknown[],
])[] = [
  ['no message', [], null, []],
  ['an empty message', [envelope(Buffer.alloc(0))], null, [0]],
  ['a message', [envelope(Buffer.from('abc'))], null, [3]],
  ['several messages', ['a', '', 'bcd'].map((text) => envelope(Buffer.from(text))), null, [1, 0, 3]],
  ['a message that gzip compressed', [envelope(gzipSync(large), 1)], 'gzip', [100_000]],
  [
    'messages of which some are compressed',
    [envelope(gzipSync(large), 1), envelope(large)],
    'gzip',
    [100_000, 100_000],
  ],
  ['a message of another encoding', [envelope(brotliCompressSync(large), 1)], 'br', [undefined]],
  ['a message that is compressed with nothing', [envelope(Buffer.alloc(2), 1)], 'gzip', [undefined]],
];

test.each(rows)('a body has %s, in pieces of any size', (_name, envelopes, encoding, sizes) => {
  const body = Buffer.concat(envelopes);
  for (const step of [1, 2, 3, 5, 7, 1000, body.length + 1]) {
    const found: unknown[] = [];
    const scanner = new BodyScanner({ hasEnvelopes: true, encoding }, (size) => found.push(size));
    for (let at = 0; at < body.length; at += step) scanner.scan(body.subarray(at, at + step));
    expect(found).toEqual(sizes);
  }
  const opened = envelopes.map((one) => readPiece(one, { hasEnvelopes: true, encoding }));
  expect(opened.map((one) => sizeOf(one.bytes, one.encoding))).toEqual(sizes);
});

test('a message that has not arrived is not found', () => {
  const found: unknown[] = [];
  const scanner = new BodyScanner({ hasEnvelopes: true, encoding: null }, (size) => found.push(size));
  scanner.scan(envelope(Buffer.from('abc')).subarray(0, -1));
  scanner.scan(undefined);
  expect(found).toEqual([]);
});

const bodies: readonly (readonly [name: string, body: Uint8Array, encoding: string | null, size: unknown])[] = [
  ['nothing', Buffer.alloc(0), null, 0],
  ['a message', large, null, 100_000],
  ['a message that gzip compressed', gzipSync(large), 'gzip', 100_000],
  ['a message of another encoding', brotliCompressSync(large), 'br', undefined],
  ['too little for gzip', Buffer.alloc(2), 'gzip', undefined],
];
test.each(bodies)('a body without envelopes is %s, in pieces of any size', (_name, body, encoding, size) => {
  for (const step of [1, 2, 3, 5, 7, 1000, body.length + 1]) {
    const found: unknown[] = [];
    const scanner = new BodyScanner({ hasEnvelopes: false, encoding }, (one) => found.push(one));
    for (let at = 0; at < body.length; at += step) scanner.scan(body.subarray(at, at + step));
    expect(found).toEqual([]);
    scanner.scan(undefined);
    expect(found).toEqual([size]);
  }
});
