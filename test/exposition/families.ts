import * as fc from 'fast-check';
import type { Exemplar, Labels, MetricFamily, NativeBuckets } from '../../src/core/snapshot.ts';

/** Any UTF-16, lone halves of surrogates too, with many of the characters that need an escape. */
const unit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('\\', '"', '\n', 'n', '{', '}', ',', '=', ' ', '#', '\r', '\0', '\u2028') },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);
/** Nasty text, as it is on the wire: UTF-8 has no halves of surrogates. */
const anyText: fc.Arbitrary<string> = fc.string({ unit, maxLength: 8 }).map((text) => text.toWellFormed());

/** Seconds since 1970, to the millisecond. */
const time = fc.integer({ min: 0, max: 4e12 }).map((milliseconds) => milliseconds / 1000);
const amount = fc.double({ min: 0, noNaN: true });
/** Most often one that every format has. */
const anySum = fc.oneof({ weight: 3, arbitrary: amount }, { weight: 1, arbitrary: fc.double() });
const count = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 2 ** 45 }));
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

/** Few labels are too long, so that most exemplars are sent. */
const exemplar: fc.Arbitrary<Exemplar> = fc.record({
  labels: fc.dictionary(
    fc.constantFrom('trace_id', 'span_id', 'a'),
    fc.oneof(
      { weight: 5, arbitrary: anyText },
      { weight: 1, arbitrary: fc.constantFrom('x'.repeat(120), '😀'.repeat(122)) },
    ),
    { noNullPrototype: true },
  ),
  value: fc.double(),
  timestamp: time,
});

const native: fc.Arbitrary<NativeBuckets> = fc
  .record({
    schema: fc.integer({ min: -4, max: 8 }),
    zeroThreshold: amount.filter(Number.isFinite),
    zeroCount: count,
    cells: fc.uniqueArray(fc.tuple(fc.integer({ min: -200, max: 200 }), count), { selector: ([index]) => index }),
  })
  .map(({ cells, ...rest }) => {
    cells.sort(([a], [b]) => a - b);
    return { ...rest, indexes: cells.map(([index]) => index), counts: cells.map(([, observations]) => observations) };
  });

const numbers = (value: fc.Arbitrary<number>) =>
  fc.record({ value, created: optional(time), exemplar: optional(exemplar) });

const histogram = fc
  .record({
    bounds: fc.uniqueArray(
      fc.oneof(
        { weight: 4, arbitrary: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }) },
        { weight: 1, arbitrary: fc.double({ max: 0, noNaN: true }) },
      ),
      { maxLength: 5, selector: (bound) => bound + 0 },
    ),
    sum: anySum,
    created: optional(time),
    native: optional(native),
  })
  .chain(({ bounds, ...rest }) =>
    fc.record({
      bounds: fc.constant(bounds.map((bound) => bound + 0).sort((a, b) => a - b)),
      sum: fc.constant(rest.sum),
      created: fc.constant(rest.created),
      native: fc.constant(rest.native),
      buckets: fc.array(count, { minLength: bounds.length + 1, maxLength: bounds.length + 1 }),
      exemplars: fc.array(optional(exemplar), { maxLength: bounds.length + 1 }),
    }),
  );

const summary = fc.record({
  quantiles: fc.uniqueArray(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), anySum), {
    selector: ([quantile]) => quantile + 0,
    maxLength: 4,
  }),
  sum: anySum,
  count,
  created: optional(time),
});

/** The series of a family, distinct by their labels; each with the same names. */
function seriesOf<Values extends object>(values: fc.Arbitrary<Values>): fc.Arbitrary<(Values & { labels: Labels })[]> {
  const labeled = fc.record({ a: anyText, b: anyText, values });
  const many = fc
    .uniqueArray(labeled, { selector: ({ a, b }) => JSON.stringify([a, b]), maxLength: 6 })
    .map((all) => all.map(({ a, b, values: own }) => ({ labels: { a, b }, ...own })));
  return fc.oneof(
    { weight: 4, arbitrary: many },
    { weight: 1, arbitrary: values.map((own) => [{ labels: {}, ...own }]) },
  );
}

const family = (index: number): fc.Arbitrary<MetricFamily> => {
  const head = { help: anyText, unit: optional(fc.constantFrom('seconds', 'bytes', '')) };
  return fc.oneof(
    fc
      .record({ ...head, series: seriesOf(numbers(amount)) })
      .map((rest) => clean({ ...rest, name: `c${index}_seconds_total`, type: 'counter' })),
    fc
      .record({ ...head, series: seriesOf(numbers(fc.double())) })
      .map((rest) => clean({ ...rest, name: `g${index}_bytes`, type: 'gauge' })),
    fc
      .record({ ...head, series: seriesOf(histogram) })
      .map((rest) => clean({ ...rest, name: `h${index}_seconds`, type: 'histogram' })),
    fc
      .record({ ...head, series: seriesOf(summary) })
      .map((rest) => clean({ ...rest, name: `s${index}_seconds`, type: 'summary' })),
  );
};

/** Fields that are undefined are left out, as the types demand. */
function clean(given: object): MetricFamily {
  const without = (value: object) =>
    Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
  const { series, ...head } = given as { series: object[] }; // of the arbitraries above
  return { ...without(head), series: series.map(without) } as unknown as MetricFamily; // as above
}

/** Snapshots with every field that an encoding may write. */
export const anyFamilies: fc.Arbitrary<MetricFamily[]> = fc
  .nat(4)
  .chain((length) => fc.tuple(...Array.from({ length }, (_none, index) => family(index))));
