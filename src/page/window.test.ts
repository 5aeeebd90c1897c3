import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketQuantile } from '../core/quantile.ts';
import { Model } from './model.ts';
import { callsOf, rowAt } from './rows.ts';
import { hello, type Snapshot, Teller } from './stream.fixture.ts';
import { windowAt, windowSeconds } from './window.ts';

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
      const window = windowAt(model, at);
      if (from === at) {
        expect(window).toBeUndefined();
        return;
      }
      expect(window).toMatchObject({ from, to: at });
      const seconds = past[at]!.t - past[from]!.t;
      const added = past.slice(from + 1).flatMap((one) => one.moment?.added ?? []);
      for (const calls of callsOf(model, 'server')) {
        const rows = calls.method === '' ? [0, 1, 2] : [methods.indexOf(calls.method)];
        const count = (tables: readonly (readonly (readonly number[])[])[], column: number) =>
          rows.reduce((sum, row) => sum + sumOf(tables, row, column), 0);
        const [ok, ...failed] = [0, 1, 2].map((column) =>
          count(
            added.map((one) => one.calls),
            column,
          ),
        ) as [number, number, number];
        const errors = failed[0] + failed[1];
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
        const quantile = (of: number) => {
          const value = bucketQuantile(of, cumulative);
          return Number.isNaN(value) ? null : value;
        };
        const row = rowAt(model, calls, at);
        expect(row).toEqual({
          rate: (ok + errors) / seconds,
          errors: ok + errors === 0 ? null : errors / (ok + errors),
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
  expect(rowAt(model, all!, 0)).toMatchObject({ rate: null, errors: null, p50: null, inFlight: null });
});
