import * as fc from 'fast-check';
import protobufjs from 'protobufjs';
import { expect, test } from 'vitest';
import { ProtobufWriter } from './protobuf-writer.ts';

function written(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = new ProtobufWriter();
  write(writer);
  return writer.take();
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** As in the specification's own tables, and at each size at which a varint gets longer. */
const unsigned: [value: number, hex: string][] = [
  [0, '00'],
  [1, '01'],
  [127, '7f'],
  [128, '8001'],
  [150, '9601'],
  [300, 'ac02'],
  [2 ** 14 - 1, 'ff7f'],
  [2 ** 14, '808001'],
  [2 ** 31 - 1, 'ffffffff07'],
  [2 ** 31, '8080808008'],
  [2 ** 32 - 1, 'ffffffff0f'],
  [2 ** 32, '8080808010'],
  [2 ** 35, '808080808001'],
  [2 ** 53 - 1, 'ffffffffffffff0f'],
  [2 ** 53, '8080808080808010'],
];
test.each(unsigned)('the varint of %d', (value, bytes) => {
  expect(hex(written((writer) => writer.uint(1, value)))).toBe(`08${bytes}`);
});

const signed: [value: number, hex: string][] = [
  [0, '00'],
  [-0, '00'],
  [-1, '01'],
  [1, '02'],
  [-2, '03'],
  [63, '7e'],
  [-64, '7f'],
  [64, '8001'],
  [-65, '8101'],
  [0x7fffffff, 'feffffff0f'],
  [-0x80000000, 'ffffffff0f'],
  [2 ** 53, '8080808080808020'],
  [-(2 ** 53), 'ffffffffffffff1f'],
];
test.each(signed)('the zigzag varint of %d', (value, bytes) => {
  expect(hex(written((writer) => writer.sint(1, value)))).toBe(`08${bytes}`);
});

const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.nat({ max: 53 }).chain((power) => fc.integer({ min: -2, max: 2 }).map((more) => 2 ** power + more)),
);

/** 64 bits as protobufjs has them. */
const decimal = (value: { toString(radix: number): string }) => BigInt(value.toString(10));

test('integers read back', () => {
  fc.assert(
    fc.property(fc.array(integer, { maxLength: 50 }), (values) => {
      // Up to 2^53: beyond, a double is no integer of its own.
      const exact = values.filter((value) => Math.abs(value) <= 2 ** 53);
      const bytes = written((writer) => {
        for (const value of exact) writer.uint(2, Math.abs(value));
        writer.packedSint(15, exact);
      });
      const reader = protobufjs.Reader.create(bytes);
      for (const value of exact) {
        expect(reader.uint32()).toBe(2 * 8);
        expect(decimal(reader.uint64())).toBe(BigInt(Math.abs(value)));
      }
      expect(reader.uint32()).toBe(15 * 8 + 2);
      const end = reader.uint32() + reader.pos;
      for (const value of exact) expect(decimal(reader.sint64())).toBe(BigInt(value));
      expect([reader.pos, reader.len]).toEqual([end, end]);
    }),
  );
});

/** At each length of the length, in messages within messages, and past the size that the buffer begins with. */
const lengths = [0, 1, 127, 128, 129, 4000, 4096, 2 ** 14 - 1, 2 ** 14, 2 ** 21 - 1, 2 ** 21, 2 ** 21 + 100];
test.each(lengths)('a text of %d bytes, three messages deep', (length) => {
  const text = 'x'.repeat(length);
  const bytes = written((writer) => {
    const outer = writer.open();
    const middle = writer.open(1);
    writer.string(16, text);
    writer.close(middle);
    writer.double(2, -1.5);
    writer.close(outer);
  });
  const reader = protobufjs.Reader.create(bytes);
  expect(reader.uint32()).toBe(bytes.length - reader.pos);
  expect(reader.uint32()).toBe(8 + 2);
  const inner = reader.bytes();
  expect(reader.uint32()).toBe(2 * 8 + 1);
  expect(reader.double()).toBe(-1.5);
  expect(reader.pos).toBe(bytes.length);
  const innerReader = protobufjs.Reader.create(inner);
  expect(innerReader.uint32()).toBe(16 * 8 + 2);
  expect(innerReader.string() === text).toBe(true);
  expect(innerReader.pos).toBe(inner.length);
});

test('short messages wherever the buffer ends', () => {
  for (let before = 4060; before <= 4110; before += 1) {
    const bytes = written((writer) => {
      // Two bytes or three, so that every place is met; a text would make room for more than itself.
      for (let rest = before; rest > 0; rest -= rest % 2 === 0 ? 2 : 3) writer.uint(1, rest % 2 === 0 ? 1 : 128);
      writer.string(2, 'a');
    });
    expect(hex(bytes.subarray(-3))).toBe('120161');
    expect(bytes.length).toBe(before + 3);
  }
});

const texts: [name: string, text: string, read: string][] = [
  ['empty', '', ''],
  ['beyond ASCII', 'größe 😀 \0', 'größe 😀 \0'],
  ['three bytes for each character', '€'.repeat(3000), '€'.repeat(3000)],
  ['a lone half of a surrogate', 'a\ud800b', 'a\ufffdb'],
];
test.each(texts)('text: %s', (_name, text, read) => {
  const reader = protobufjs.Reader.create(written((writer) => writer.string(1, text)));
  reader.uint32();
  expect(reader.string()).toBe(read);
});

test('what is taken is the taker’s, and the writer begins anew', () => {
  const writer = new ProtobufWriter();
  writer.uint(1, 1);
  const first = writer.take();
  writer.uint(1, 2);
  const second = writer.take();
  expect([hex(first), hex(second), hex(writer.take())]).toEqual(['0801', '0802', '']);
});
