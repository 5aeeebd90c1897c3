import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketQuantile } from '../core/quantile.ts';
import { Model } from './model.ts';
import { addCalls, callsOf, rowAt } from './rows.ts';
import { hello, type Snapshot, Teller } from './stream.fixture.ts';
import { mean, peak, type Quantile, quantiles, windowAt } from './window.ts';

const windowSeconds = 15;
const bounds = [0.1, 1];
const methods = ['/a/Get', '/a/List', '/b/Put'];
const statuses = ['OK', 'NOT_FOUND', 'INTERNAL'];

/** What a service counted by then: calls by status, observations by bucket, calls in flight; by method. */
interface State {
  readonly calls: readonly (readonly number[])[];
  readonly buckets: readonly (readonly number[])[];
  readonly inFlight: readonly number[];
}

interface Moment {
  readonly seconds: number;
  readonly isRestart: boolean;
  readonly added: State;
}

const table = fc.array(fc.array(fc.nat(20), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 });
const moment: fc.Arbitrary<Moment> = fc.record({
  seconds: fc.constantFrom(0.5, 1, 1, 1, 5, 20),
  isRestart: fc.boolean(),
  added: fc.record({ calls: table, buckets: table, inFlight: fc.array(fc.nat(5), { minLength: 3, maxLength: 3 }) }),
});

const sumOf = (tables: readonly (readonly (readonly number[])[])[], row: number, column: number) =>
  tables.reduce((sum, one) => sum + one[row]![column]!, 0);

function snapshotOf(since: readonly Moment[]): Snapshot {
  const calls = since.map(({ added }) => added.calls);
  const buckets = since.map(({ added }) => added.buckets);
  return methods.flatMap((method, row) => [
    ...statuses.map((status, column): Snapshot[number] => [
      { name: 's_requests', type: 'counter' },
      { method, status },
      sumOf(calls, row, column),
    ]),
    [
      { name: 's_durations', type: 'histogram' },
      { method },
      { bounds, buckets: [0, 1, 2].map((column) => sumOf(buckets, row, column)), sum: 0 },
    ],
    [{ name: 's_in_flight', type: 'gauge' }, { method }, since.at(-1)!.added.inFlight[row]!],
  ]);
}

/** Also with a gap before each restart, as the model's times have it. */
interface Past {
  readonly t: number;
  readonly moment: Moment | undefined;
}

test('rows are what the moments of the window add up to', () => {
  fc.assert(
    fc.property(fc.array(moment, { minLength: 1, maxLength: 40 }), fc.integer({ min: 3, max: 9 }), (moments, rare) => {
      const model = new Model();
      const past: Past[] = [];
      let [t, run, since, teller] = [1000, 0, [] as Moment[], new Teller()];
      model.begin(hello('0'));
      for (const [index, one] of moments.entries()) {
        if (one.isRestart && index % rare === 0 && index > 0) {
          run += 1;
          [since, teller] = [[], new Teller()];
          model.begin({ ...hello(String(run)), now: t });
          past.push({ t: t + 0.001, moment: undefined });
        }
        t += one.seconds;
        since.push(one);
        model.read(teller.frame(t, snapshotOf(since)));
        past.push({ t, moment: one });
      }
      expect(model.times).toEqual(past.map((one) => one.t));

      const at = past.length - 1;
      const first = past.findIndex((one) => one.t >= past[at]!.t - windowSeconds - 0.25);
      const from = first === at && past[at - 1]?.moment ? at - 1 : first;
      const window = windowAt(model, at, windowSeconds);
      if (from === at) {
        expect(window).toBeUndefined();
        return;
      }
      expect(window).toMatchObject({ from, to: at });
      const seconds = past[at]!.t - past[from]!.t;
      const added = past.slice(from + 1).flatMap((one) => one.moment?.added ?? []);
      for (const calls of [addCalls(callsOf(model, 'server')), ...callsOf(model, 'server')]) {
        const rows = calls.method === '' ? [0, 1, 2] : [methods.indexOf(calls.method)];
        const count = (tables: readonly (readonly (readonly number[])[])[], column: number) =>
          rows.reduce((sum, row) => sum + sumOf(tables, row, column), 0);
        const [ok, ...failed] = [0, 1, 2].map((column) =>
          count(
            added.map((one) => one.calls),
            column,
          ),
        ) as [number, number, number];
        const all = ok + failed[0] + failed[1];
        const share = (part: number) => (all === 0 ? null : part / all);
        const buckets = [0, 1, 2].map((column) =>
          count(
            added.map((one) => one.buckets),
            column,
          ),
        );
        const cumulative = [...bounds, Infinity].map((bound, column) => ({
          bound,
          count: buckets.slice(0, column + 1).reduce((sum, value) => sum + value, 0),
        }));
        const quantile = (of: number): Quantile | null => {
          const value = bucketQuantile(of, cumulative);
          if (Number.isNaN(value)) return null;
          const rank = of * cumulative[2]!.count;
          if (rank > cumulative[1]!.count) return { value: 1, side: '>' };
          return rank <= cumulative[0]!.count ? { value: 0.1, side: '<' } : { value, side: '' };
        };
        const row = rowAt(model, calls, at, windowSeconds);
        expect(row).toEqual({
          rate: all / seconds,
          faults: share(failed[1]),
          callers: share(failed[0]),
          cancelled: share(0),
          p50: quantile(0.5),
          p95: quantile(0.95),
          p99: quantile(0.99),
          inFlight: rows.reduce((sum, place) => sum + past[at]!.moment!.added.inFlight[place]!, 0),
          statuses: expect.any(Array),
        });
        expect(Object.fromEntries(row.statuses)).toEqual(
          Object.fromEntries(
            [ok, ...failed].flatMap((value, column) => (value > 0 ? [[statuses[column]!, value]] : [])),
          ),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('at the first moment nothing has been in a window', () => {
  const model = new Model();
  model.begin(hello());
  model.read(new Teller().frame(1, [[{ name: 's_requests', type: 'counter' }, { method: '/a/Get', status: 'OK' }, 7]]));
  const [all] = callsOf(model, 'server');
  expect(rowAt(model, all!, 0, windowSeconds)).toMatchObject({ rate: null, faults: null, p50: null, inFlight: null });
});

const histogram = (buckets: number[]): Snapshot => [
  [{ name: 's_durations', type: 'histogram' }, { method: '/a/Get' }, { bounds: [1, 2, 4], buckets, sum: 0 }],
];
const observed: [name: string, buckets: number[], share: number, quantile: Quantile | null][] = [
  ['between two bounds', [0, 4, 0, 0], 0.5, { value: 1.5, side: '' }],
  ['below the first bound', [4, 0, 0, 0], 0.99, { value: 1, side: '<' }],
  ['above the last bound', [1, 0, 0, 9], 0.5, { value: 4, side: '>' }],
  ['up to the last bound, at the end of its bucket', [0, 0, 4, 0], 1, { value: 4, side: '' }],
  ['nowhere: nothing was observed', [0, 0, 0, 0], 0.5, null],
];
test.each(observed)('a quantile is %s', (_name, buckets, share, quantile) => {
  const [model, teller] = [new Model(), new Teller()];
  model.begin(hello());
  model.read(teller.frame(1, histogram([0, 0, 0, 0])));
  model.read(teller.frame(2, histogram(buckets)));
  expect(quantiles(model.of('s_durations'), windowAt(model, 1, 15)!, [share])).toEqual([quantile]);
});

test('a gauge has its peak since the point before, and its mean over the window', () => {
  const [model, teller] = [new Model(), new Teller()];
  model.begin(hello());
  for (const [t, value] of [
    [100, 9],
    [101, 1],
    [103, 4],
    [104, 2],
  ] as const) {
    model.read(teller.frame(t, [[{ name: 'lag', type: 'gauge' }, {}, value]]));
  }
  const all = model.of('lag');
  expect(peak(all, model, 3, 3)).toBe(4);
  expect(peak(all, model, 3, 5)).toBe(9);
  expect(mean(all, model, windowAt(model, 3, 15)!)).toBe((1 + 4 * 2 + 2) / 4);
});
