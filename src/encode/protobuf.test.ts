import protobufjs from 'protobufjs';
import { expect, test } from 'vitest';
import type { MetricFamily, NativeBuckets } from '../core/snapshot.ts';
import { partSize } from './encoding.ts';
import { protobuf } from './protobuf.ts';

const parts = (families: readonly MetricFamily[]) => Array.from(protobuf.encode(families), (part) => Buffer.from(part));

test('a counter and a gauge, byte by byte', () => {
  const families: MetricFamily[] = [
    { name: 'a_total', type: 'counter', help: 'A', series: [{ labels: { b: 'c' }, value: 1, created: 1.5 }] },
    { name: 'silent', type: 'gauge', help: 'No series yet', series: [] },
    { name: 'g', type: 'gauge', help: '', series: [{ labels: {}, value: -2 }] },
  ];
  const counter = [
    '2d', // 45 bytes follow
    '0a07615f746f74616c', // name "a_total"
    '120141', // help "A"
    '1800', // type COUNTER
    '221d', // metric, 29 bytes
    '0a06 0a0162 120163', // label b="c"
    '1a13', // counter, 19 bytes
    '09000000000000f03f', // value 1
    '1a08 0801 1080cab5ee01', // created at 1 s and 500,000,000 ns
  ];
  const gauge = ['14', '0a0167', '1200', '1801', '220b', '1209', '0900000000000000c0'];
  const hex = (lines: readonly string[]) => lines.join('').replaceAll(' ', '');
  expect(parts(families).map((part) => part.toString('hex'))).toEqual([hex(counter) + hex(gauge)]);
});

test('parts of some size end between families, with empty ones within a family of many series', () => {
  const family = (length: number): MetricFamily => {
    const series = Array.from({ length }, (_none, index) => ({ labels: { a: `${index}` }, value: index }));
    return { name: 'g', type: 'gauge', help: 'G', series };
  };
  const sizes = (families: readonly MetricFamily[]) => parts(families).map(({ length }) => length);
  const [small] = sizes([family(3)]);
  expect(small).toBeGreaterThan(0);
  expect(sizes([family(3), family(3)])).toEqual([small! * 2]);
  const large = sizes([family(3), family(2000), family(3)]);
  expect(large.filter((size) => size === 0)).toHaveLength(62);
  expect(large.filter((size) => size > 0)).toEqual([expect.toSatisfy((size) => size > partSize), small]);
  expect(parts([])).toEqual([]);
});

test('many series in one family', () => {
  const series = Array.from({ length: 20_000 }, (_none, index) => ({ labels: { a: `${index}` }, value: index }));
  const whole = Buffer.concat(parts([{ name: 'g', type: 'gauge', help: 'G', series }]));
  const reader = protobufjs.Reader.create(whole);
  expect(reader.uint32()).toBe(whole.length - reader.pos);
  let metrics = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 4 * 8 + 2) metrics += 1;
    reader.skipType(tag & 7);
  }
  expect(metrics).toBe(20_000);
});

type Found = { spans: [offset: number, length: number][]; deltas: number[]; other: Record<number, number> };

/** The native fields of the one histogram in a message, by the wire format alone. */
function nativeFields(native: NativeBuckets): Found {
  const series = [{ labels: {}, bounds: [], buckets: [1], sum: 0, native }];
  const outer = protobufjs.Reader.create(Buffer.concat(parts([{ name: 'h', type: 'histogram', help: 'H', series }])));
  outer.uint32();
  const histogram = inside(inside(outer, 4), 7);
  const found: Found = { spans: [], deltas: [], other: {} };
  while (histogram.pos < histogram.len) {
    const tag = histogram.uint32();
    const field = tag >>> 3;
    if (field === 5) found.other[field] = histogram.sint32();
    else if (field === 6) found.other[field] = histogram.double();
    else if (field === 7) found.other[field] = histogram.uint32();
    else if (field === 12) {
      const span = protobufjs.Reader.create(histogram.bytes());
      expect(span.uint32()).toBe(8);
      const offset = span.sint32();
      expect(span.uint32()).toBe(16);
      found.spans.push([offset, span.uint32()]);
    } else if (field === 13) {
      const deltas = protobufjs.Reader.create(histogram.bytes());
      while (deltas.pos < deltas.len) found.deltas.push(Number(deltas.sint64()));
    } else histogram.skipType(tag & 7);
  }
  return found;
}

function inside(reader: protobufjs.Reader, field: number): protobufjs.Reader {
  for (;;) {
    const tag = reader.uint32();
    if (tag === field * 8 + 2) return protobufjs.Reader.create(reader.bytes());
    reader.skipType(tag & 7);
  }
}

const natives: [name: string, indexes: number[], counts: number[], spans: Found['spans'], deltas: number[]][] = [
  ['empty', [], [], [[0, 0]], []],
  ['one at 0', [0], [3], [[0, 1]], [3]],
  ['one above', [5], [3], [[5, 1]], [3]],
  ['one below', [-5], [3], [[-5, 1]], [3]],
  ['neighbours', [-1, 0, 1], [3, 1, 2], [[-1, 3]], [3, -2, 1]],
  [
    'a gap',
    [1, 3],
    [1, 1],
    [
      [1, 1],
      [1, 1],
    ],
    [1, 0],
  ],
  [
    'gaps',
    [-7, -6, 10, 11, 12, 40],
    [1, 2, 3, 4, 5, 1],
    [
      [-7, 2],
      [15, 3],
      [27, 1],
    ],
    [1, 1, 1, 1, 1, -4],
  ],
  ['many', [1, 2], [2 ** 53, 1], [[1, 2]], [2 ** 53, 1 - 2 ** 53]],
];
test.each(natives)('native buckets: %s', (_name, indexes, counts, spans, deltas) => {
  expect(nativeFields({ schema: -4, zeroThreshold: 0.125, zeroCount: 2 ** 31, indexes, counts })).toEqual({
    spans,
    deltas,
    other: { 5: -4, 6: 0.125, 7: 2 ** 31 },
  });
});

test('the content type', () => {
  expect(protobuf.contentType).toBe(
    'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
  );
});
