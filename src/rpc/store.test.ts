import { expect, test } from 'vitest';
import { defaultBuckets } from '../core/buckets.ts';
import { monotonicMilliseconds } from '../core/clock.ts';
import { Faults } from './faults.ts';
import { status } from './status.ts';
import { CallStore, type StoreOptions } from './store.ts';

const faults = () => new Faults(() => {});
const paths = (store: CallStore) => Array.from(store.methods(), ({ path }) => path);

test('it begins empty, with the documented defaults', () => {
  const store = new CallStore(faults());
  expect(paths(store)).toEqual([]);
  expect(store.bounds.of('/a.B/C')).toEqual(defaultBuckets);
  expect(store.method('/a.B/C')!.clock).toBe(monotonicMilliseconds);
  expect(store.method('/grpc.health.v1.Health/Check')).toBeNull();
});

test('a method is made once and kept in the order of its first use', () => {
  const store = new CallStore(faults());
  const second = store.method('/a.B/D');
  const first = store.method('/a.B/C');
  expect(store.method('/a.B/D')).toBe(second);
  expect(second).not.toBe(first);
  expect(paths(store)).toEqual(['/a.B/D', '/a.B/C']);
});

test('an excluded method is null, every time, and is not listed', () => {
  const store = new CallStore(faults(), { exclude: ['a.B', 'c.D/E'] });
  expect(store.method('/a.B/C')).toBeNull();
  expect(store.method('/a.B/C')).toBeNull();
  expect(store.method('/c.D/E')).toBeNull();
  expect(store.method('/c.D/F')).not.toBeNull();
  expect(paths(store)).toEqual(['/c.D/F']);
});

test('with an empty list nothing is excluded', () => {
  const store = new CallStore(faults(), { exclude: [] });
  expect(store.method('/grpc.health.v1.Health/Check')).not.toBeNull();
});

test('beyond the allowed number all methods are one, and that is counted and said once', () => {
  const warnings: string[] = [];
  const counted = new Faults((message) => warnings.push(message));
  const store = new CallStore(counted, { maxMethods: 2, exclude: ['no.Such'] });
  const known = store.method('/a.B/C');
  expect(store.method('/no.Such/Thing')).toBeNull();
  store.method('/a.B/D');
  const other = store.method('/a.B/E');
  expect(store.method('/a.B/F')).toBe(other);
  expect(store.method('/no.Such/OtherThing')).toBeNull();
  expect(store.method('/a.B/C')).toBe(known);
  expect(paths(store)).toEqual(['/a.B/C', '/a.B/D', 'other']);
  expect(counted.folded.methods).toBe(2);
  expect(warnings).toEqual([expect.stringContaining('there are 2 methods')]);
});

test('durations have the bounds that were asked for', () => {
  const store = new CallStore(faults(), { buckets: [0.25, 0.5, Infinity] });
  const method = store.method('/a.B/C')!;
  method.finish(status.OK, 0.5);
  expect(store.bounds.of('/a.B/C')).toEqual([0.25, 0.5]);
  expect(method.outcome(status.OK)!.durations.live({})).toEqual({
    labels: {},
    bounds: [0.25, 0.5],
    buckets: [0, 1, 0],
    sum: 0.5,
  });
});

const mistakes: [name: string, options: StoreOptions, code: string, message: string][] = [
  [
    'buckets',
    { buckets: [2, 1] },
    'invalid_buckets',
    'buckets of "request durations" must increase strictly, but have 2, 1',
  ],
  ['exclude', { exclude: ['a/b/c'] }, 'invalid_option', 'exclude: "a/b/c" must be pkg.Service or pkg.Service/Method'],
];
test.each(mistakes)('options are checked: %s', (_name, options, code, message) => {
  expect(() => new CallStore(faults(), options)).toThrow(expect.objectContaining({ code, message }));
});

test('the clock is monotonic and counts milliseconds', async () => {
  const before = monotonicMilliseconds();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const passed = monotonicMilliseconds() - before;
  expect(passed).toBeGreaterThanOrEqual(15);
  expect(passed).toBeLessThan(15_000);
});
