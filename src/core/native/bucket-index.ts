/** Schemas that Prometheus knows: at schema `s` each bucket is 2^(2^-s) times as wide as the one below it. */
export const minSchema = -4;
export const maxSchema = 8;

/** One double, seen as its two 32-bit words. */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** Which of them holds the exponent: the second, but on big-endian machines. */
const upper = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const lower = 1 - upper;

/**
 * The bucket of `value`, which must be finite and above 0: bucket `i` is (2^((i-1)/2^schema), 2^(i/2^schema)].
 *
 * Bit by bit what client_golang finds (`histogramCounts.observe`), so that services of both can be added up:
 * what is observed at a bound is in the same bucket, the one below.
 */
export function bucketIndex(value: number, schema: number): number {
  double[0] = value;
  // value = fraction * 2^exponent, with the fraction in [1, 2) and `head` its first 20 bits after the point.
  let exponent = (words[upper]! >>> 20) - 1023;
  if (exponent === -1023) {
    // Slow path: a subnormal number, whose exponent is in the leading zeros of its fraction.
    double[0] = value * 2 ** 54;
    exponent = (words[upper]! >>> 20) - 1023 - 54;
  }
  const head = words[upper]! & 0xfffff;
  const tail = words[lower]!;
  if (schema <= 0) {
    const power = head === 0 && tail === 0 ? exponent : exponent + 1;
    return (power + (1 << -schema) - 1) >> -schema;
  }
  // A third of the time of a binary search over doubles: at most two bounds are in one of 2^schema equal parts.
  const { heads, tails, starts } = tables[schema] ?? tableOf(schema);
  let index = starts[head >>> (20 - schema)]!;
  while (head > heads[index]! || (head === heads[index]! && tail > tails[index]!)) index += 1;
  return index + (exponent << schema);
}

/** The upper bound of a bucket, inclusive; that of the last is the largest double. As client_golang's `getLe`. */
export function upperBound(index: number, schema: number): number {
  if (schema <= 0) return Math.min(2 ** (index * 2 ** -schema), Number.MAX_VALUE);
  const fraction = fractionBounds(schema)[index & ((1 << schema) - 1)]!;
  return Math.min(fraction * 2 * 2 ** (index >> schema), Number.MAX_VALUE);
}

/** The index, at the next coarser schema, of the bucket that holds this one. */
export function halved(index: number): number {
  return (index + 1) >> 1;
}

/**
 * The bounds in [0.5, 1) of a schema from 0 up: near 2^(i/2^schema - 1), but up to 4 units in the last place beside it.
 *
 * client_golang's table, bit for bit (a test holds its digest): its recipe in `histogram.go` adds up rounding errors,
 * and other clients have copied it. Only multiplication and `Math.sqrt`, which IEEE 754 defines to the last bit.
 */
export function fractionBounds(schema: number): Float64Array {
  if (schema === 0) return Float64Array.of(0.5);
  const coarser = fractionBounds(schema - 1);
  const factor = growthFactor(schema);
  const bounds = new Float64Array(2 * coarser.length);
  for (const [index, bound] of coarser.entries()) {
    bounds[2 * index] = bound;
    bounds[2 * index + 1] = bound * factor;
  }
  return bounds;
}

/** 2^(2^-schema), of which Go's `math.Exp2` finds the nearest double but for schema 1, where it is one below. */
function growthFactor(schema: number): number {
  if (schema === 1) return Math.SQRT2 - 2 ** -52;
  let factor = 2;
  for (let roots = 0; roots < schema; roots += 1) factor = Math.sqrt(factor);
  return factor;
}

/** The bounds in one power of two, for `bucketIndex`. */
interface Table {
  /** Of each bound, the first 20 bits after the point and the 32 that follow; the last one only ends the search. */
  readonly heads: Uint32Array;
  readonly tails: Uint32Array;
  /** For each of 2^schema equal parts, the first bound that is not below it. */
  readonly starts: Uint16Array;
}

/** By schema, each made when it is first needed. */
const tables: (Table | undefined)[] = Array.from({ length: maxSchema + 1 }, () => undefined);

function tableOf(schema: number): Table {
  const bounds = fractionBounds(schema);
  const heads = new Uint32Array(bounds.length + 1).fill(0xffffffff);
  const tails = new Uint32Array(bounds.length + 1);
  for (const [index, bound] of bounds.entries()) {
    double[0] = bound;
    heads[index] = words[upper]! & 0xfffff;
    tails[index] = words[lower]!;
  }
  const starts = new Uint16Array(bounds.length).map((_, part) => {
    const first = bounds.findIndex((bound) => bound >= 0.5 + part / 2 / bounds.length);
    return first === -1 ? bounds.length : first;
  });
  const table = { heads, tails, starts };
  tables[schema] = table;
  return table;
}
