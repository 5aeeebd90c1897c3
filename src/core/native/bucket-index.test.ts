import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketIndex, fractionBounds, halved, upperBound } from './bucket-index.ts';

const schemas = Array.from({ length: 13 }, (_, index) => index - 4);

/** `value` as m * 2^e with m in [2^52, 2^53), whatever its exponent. */
function decompose(value: number): { m: bigint; e: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n);
  const fraction = bits & (2n ** 52n - 1n);
  if (exponent > 0) return { m: fraction | (2n ** 52n), e: exponent - 1075 };
  const zeros = 53 - fraction.toString(2).length;
  return { m: fraction << BigInt(zeros), e: -1074 - zeros };
}

/** The smallest `i` with 2^i not below `whole`. */
function log2Up(whole: bigint): number {
  const below = whole - 1n;
  return below === 0n ? 0 : below.toString(2).length;
}

/** The smallest `i` with value <= 2^(i/2^schema), exactly: value^(2^schema) <= 2^i. `ulps` are added first. */
function exactIndex(value: number, schema: number, ulps = 0): number {
  const { m, e } = decompose(value);
  const shifted = m + BigInt(ulps);
  if (schema < 0) return Math.ceil((log2Up(shifted) + e) / 2 ** -schema);
  const power = 2 ** schema;
  return log2Up(shifted ** BigInt(power)) + e * power;
}

function next(value: number, by: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + by);
  return view.getFloat64(0);
}

const powerOfTwo = fc.integer({ min: -1074, max: 1023 }).map((exponent) => 2 ** exponent);
const positive = fc.oneof(
  fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }),
  fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
  fc.double({ min: Number.MIN_VALUE, max: 2 ** -1020, noNaN: true }),
  powerOfTwo,
  powerOfTwo.filter((value) => value > 2 ** -1022).chain((value) => fc.constantFrom(next(value, 1n), next(value, -1n))),
);

test.each(schemas)('the bucket is the one that exact arithmetic finds: schema %i', (schema) => {
  // client_golang's bounds are up to 4 units in the last place beside the exact ones, but those of powers of two.
  const ulps = schema > 0 ? 4 : 0;
  const check = fc.property(positive, (value) => {
    const index = bucketIndex(value, schema);
    expect(index).toBeGreaterThanOrEqual(exactIndex(value, schema, -ulps));
    expect(index).toBeLessThanOrEqual(exactIndex(value, schema, ulps));
  });
  fc.assert(check, { numRuns: schema > 5 ? 500 : 2000 });
});

test.each(schemas)('every bound is in the bucket below it, and the next double above: schema %i', (schema) => {
  const perPower = 2 ** schema;
  const ulps = schema > 0 ? 4 : 0;
  for (const exponent of [-1022, -1000, -128, -1, 0, 1, 500, 1008]) {
    for (let index = 0 + Math.ceil(exponent * perPower); index <= (exponent + 1) * perPower; index += 1) {
      const bound = upperBound(index, schema);
      expect(bucketIndex(bound, schema)).toBe(index);
      expect(bucketIndex(next(bound, -1n), schema)).toBe(index);
      expect(bucketIndex(next(bound, 1n), schema)).toBe(index + 1);
      if (exponent !== 0) continue;
      expect(exactIndex(bound, schema, -ulps)).toBe(index);
      expect(exactIndex(bound, schema, ulps + 1)).toBe(index + 1);
    }
  }
});

test('the bounds are those of client_golang 1.14, bit for bit', () => {
  const bytes = Buffer.alloc(256 * 8);
  for (const [index, bound] of fractionBounds(8).entries()) bytes.writeDoubleBE(bound, index * 8);
  // The digest of `nativeHistogramBounds[8]` in its histogram.go, as big-endian doubles.
  const digest = 'c3134bc85a1ec022724b61ce9b4e297dfe80e18b393ac2b3d36408137154762c';
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest);
  expect(fractionBounds(2)).toEqual(Float64Array.of(0.5, 0.5946035575013605, 0.7071067811865475, 0.8408964152537144));
});

test.each(schemas.slice(1))('bounds of a schema are bounds of each finer one: schema %i', (schema) => {
  for (let index = -20; index < 20; index += 1) {
    expect(upperBound(2 * index, schema)).toBe(upperBound(index, schema - 1));
  }
});

test('putting buckets together is observing in the coarser ones', () => {
  fc.assert(
    fc.property(positive, fc.constantFrom(...schemas.slice(1)), (value, schema) => {
      expect(halved(bucketIndex(value, schema))).toBe(bucketIndex(value, schema - 1));
    }),
    { numRuns: 2000 },
  );
});

const ends: [name: string, value: number, schema: number, index: number, bound: number][] = [
  ['the largest double', Number.MAX_VALUE, 3, 1024 * 8, Number.MAX_VALUE],
  ['the largest double, finest', Number.MAX_VALUE, 8, 1024 * 256, Number.MAX_VALUE],
  ['the largest double, coarsest', Number.MAX_VALUE, -4, 64, Number.MAX_VALUE],
  ['the smallest double', Number.MIN_VALUE, 3, -1074 * 8, Number.MIN_VALUE],
  ['the smallest double, finest', Number.MIN_VALUE, 8, -1074 * 256, Number.MIN_VALUE],
  ['the smallest double, coarsest', Number.MIN_VALUE, -4, -67, 2 ** -1072],
  ['one', 1, 3, 0, 1],
  ['just above one', 1 + Number.EPSILON, 3, 1, 1.0905077326652577],
  ['a usual latency', 0.1855, 3, -19, 0.1927763531759926],
];
test.each(ends)('%s', (_name, value, schema, index, bound) => {
  expect(bucketIndex(value, schema)).toBe(index);
  expect(upperBound(index, schema)).toBe(bound);
});
