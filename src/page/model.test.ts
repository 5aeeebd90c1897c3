import { describe, expect, test } from 'vitest';
import { Model } from './model.ts';
import { hello, type Snapshot, Teller } from './stream.fixture.ts';

const requests = { name: 's_requests', type: 'counter' } as const;
const inFlight = { name: 's_in_flight', type: 'gauge' } as const;
const durations = { name: 's_durations', type: 'histogram' } as const;
const orders = { name: 'orders_total', type: 'counter' } as const;

const get = { method: '/a/Get', status: 'OK' };
const calls = (count: number): Snapshot => [[requests, get, count]];

/** What a model knows after these moments: streams of time and snapshot, each of a run. */
function modelOf(...streams: [run: string, ...[t: number, Snapshot][]][]): Model {
  const model = new Model();
  for (const [run, ...moments] of streams) {
    const teller = new Teller();
    model.begin({ ...hello(run), now: moments.at(-1)![0] });
    for (const [t, snapshot] of moments) model.read(teller.frame(t, snapshot));
  }
  return model;
}

const valuesOf = (model: Model, name: string) => model.of(name).map(({ values }) => values);

describe('counters', () => {
  test('grow from where they were first seen', () => {
    const model = modelOf(['a', [1, calls(100)], [2, calls(103)], [3, calls(110)]]);
    expect(valuesOf(model, 's_requests')).toEqual([[0, 3, 10]]);
  });

  test('that fall have begun at 0 again', () => {
    const model = modelOf(['a', [1, calls(100)], [2, calls(4)], [3, calls(5)]]);
    expect(valuesOf(model, 's_requests')).toEqual([[0, 4, 5]]);
  });

  test('of calls that come later have grown from 0', () => {
    const model = modelOf(['a', [1, calls(1)], [2, [...calls(1), [requests, { ...get, status: 'UNKNOWN' }, 2]]]]);
    expect(valuesOf(model, 's_requests')).toEqual([
      [0, 0],
      [undefined, 2],
    ]);
  });

  test('of a family that comes later may be old', () => {
    const model = modelOf([
      'a',
      [1, calls(1)],
      [2, [...calls(1), [orders, {}, 1000]]],
      [3, [...calls(1), [orders, {}, 1007], [orders, { of: 'new' }, 3]]],
    ]);
    expect(valuesOf(model, 'orders_total')).toEqual([
      [undefined, 0, 7],
      [undefined, undefined, 3],
    ]);
  });

  test('are not known while their family is gone, and go on from where they were', () => {
    const model = modelOf([
      'a',
      [1, [[orders, {}, 5]]],
      [2, [[orders, {}, 8]]],
      [3, []],
      [4, [[orders, {}, 20]]],
      [5, [[orders, {}, 21]]],
    ]);
    // What it was in between is not known.
    expect(valuesOf(model, 'orders_total')).toEqual([[0, 3, null, 3, 4]]);
  });

  test('that are no number say nothing new', () => {
    const model = modelOf(['a', [1, calls(1)], [2, [[requests, get, null]]], [3, calls(4)]]);
    expect(valuesOf(model, 's_requests')).toEqual([[0, 0, 3]]);
  });
});

test('gauges are as they are, and nothing while they are gone', () => {
  const at = (value: number | null): Snapshot => [[inFlight, { method: '/a/Get' }, value]];
  const model = modelOf(['a', [1, at(3)], [2, at(null)], [3, []], [4, at(2)]]);
  expect(valuesOf(model, 's_in_flight')).toEqual([[3, null, null, 2]]);
});

test('histograms are what their buckets and their sum have grown by', () => {
  const at = (buckets: number[], sum: number): Snapshot => [[durations, {}, { bounds: [1, 2], buckets, sum }]];
  const model = modelOf(['a', [1, at([1, 0, 5], 60)], [2, at([1, 2, 5], 63)], [3, at([0, 1, 0], 1.5)]]);
  expect(valuesOf(model, 's_durations')).toEqual([
    [
      [0, 0, 0, 0],
      [0, 2, 0, 3],
      [0, 3, 0, 4.5],
    ],
  ]);
});

describe('another stream', () => {
  test('of the same run says again what is known, and what was missed', () => {
    const model = modelOf(
      ['a', [1, calls(1)], [2, calls(3)]],
      ['a', [1, calls(1)], [2, calls(3)], [3, calls(4)], [4, calls(9)]],
    );
    expect(model.times).toEqual([1, 2, 3, 4]);
    expect(model.gaps).toEqual([false, false, false, false]);
    expect(valuesOf(model, 's_requests')).toEqual([[0, 2, 3, 8]]);
  });

  test('that has forgotten the time between counts it all the same', () => {
    const model = modelOf(['a', [1, calls(1)], [2, calls(3)]], ['a', [700, calls(50)]]);
    expect(model.times.at(-1)).toBe(700);
    expect(valuesOf(model, 's_requests')[0]!.at(-1)).toBe(49);
  });

  test('that no longer has a series has lost it', () => {
    const gauge: Snapshot = [[inFlight, {}, 5]];
    const model = modelOf(['a', [1, gauge]], ['a', [1, gauge], [2, []]], ['a', [3, []]]);
    expect(valuesOf(model, 's_in_flight')).toEqual([[5, null, null]]);
  });

  test('of another run begins at 0, after a gap', () => {
    const gauge: Snapshot = [[inFlight, {}, 5]];
    const model = modelOf(['a', [1, [...calls(10), ...gauge]], [2, calls(12)]], ['b', [5, calls(20)], [6, calls(21)]]);
    expect(model.times).toEqual([1, 2, 2.001, 5, 6]);
    expect(model.gaps).toEqual([false, false, true, false, false]);
    // 20 is more than 12, and yet all of it is new.
    expect(valuesOf(model, 's_requests')).toEqual([[0, 2, 2, 22, 23]]);
    expect(valuesOf(model, 's_in_flight')).toEqual([[5, null, null, null, null]]);
  });

  test('of another run with a clock that was put back forgets what was before', () => {
    const model = modelOf(['a', [100, calls(10)], [101, calls(12)]], ['b', [50, calls(1)], [51, calls(3)]]);
    expect(model.times).toEqual([50, 51]);
    const [values] = valuesOf(model, 's_requests');
    expect((values![1] as number) - (values![0] as number)).toBe(2);
  });

  test('of another run that began before the last one ended goes on where that ended', () => {
    const gauge: Snapshot = [[inFlight, {}, 5]];
    const model = modelOf(
      ['a', [100, calls(10)], [101, calls(12)]],
      ['b', [70, calls(1)], [100, [...calls(40), ...gauge]], [101.5, [...calls(43), ...gauge]], [102.5, calls(44)]],
    );
    expect(model.times).toEqual([100, 101, 101.001, 101.5, 102.5]);
    expect(model.gaps).toEqual([false, false, true, false, false]);
    // What it did while the other was looked at is no burst of calls.
    expect(valuesOf(model, 's_requests')).toEqual([[0, 2, 2, 5, 6]]);
  });

  test('of another run may have other names for its charts', () => {
    const model = modelOf(['a', [1, calls(1)]]);
    const { version } = model;
    model.begin(hello('a'));
    expect(model.version).toBe(version);
    model.begin(hello('b'));
    expect(model.version).toBeGreaterThan(version);
  });
});

describe('silence that is longer than any between frames', () => {
  test('is a gap, whose calls are counted', () => {
    const model = modelOf(['a', [1, calls(1)], [31, calls(3)], [200, calls(50)], [201, calls(51)]]);
    expect(model.times).toEqual([1, 31, 31.001, 200, 201]);
    expect(model.gaps).toEqual([false, false, true, false, false]);
    expect(valuesOf(model, 's_requests')).toEqual([[0, 2, 2, 49, 50]]);
  });
});

describe('a series that is gone', () => {
  const family = { name: 's_requests', type: 'gauge', help: '' } as const;

  test('in the frame in which it came is not shown, as of a family that had no room', () => {
    const model = new Model();
    model.begin(hello());
    model.read({ t: 1, families: [family], series: [[0, 0, get]], values: [0, 5], gone: [0], left: ['s_requests'] });
    expect([model.of('s_requests'), model.families()]).toEqual([[], []]);
  });

  test('goes on under another number in the same frame', () => {
    const model = new Model();
    model.begin(hello());
    model.read({ t: 1, families: [family], series: [[0, 0, get]], values: [0, 5] });
    model.read({ t: 2, series: [[1, 0, get]], values: [1, 6], gone: [0] });
    model.read({ t: 3, values: [1, 7] });
    expect(valuesOf(model, 's_requests')).toEqual([[5, 6, 7]]);
  });
});

test('a family of another role takes the place of the one before', () => {
  const jobs = { name: 'nodejs_jobs', type: 'gauge' } as const;
  const model = modelOf(
    ['a', [1, [[{ ...jobs, role: 'library' }, {}, 7]]]],
    ['b', [3, [[jobs, {}, 8]]]],
    ['b', [3, [[jobs, {}, 8]]], [4, [[jobs, {}, 9]]]],
  );
  expect(model.families()).toEqual([{ ...jobs, help: '' }]);
  expect(valuesOf(model, 'nodejs_jobs').map((values) => values.slice(-2))).toEqual([[8, 9]]);
});

test('a family is found by its role, as long as it is there', () => {
  const model = modelOf(['a', [1, calls(1)]]);
  expect([model.nameOf('server.requests'), model.nameOf('client.requests')]).toEqual(['s_requests', undefined]);
  expect(model.withRole('server.requests')).toBe(model.of('s_requests'));
  expect(model.withRole('client.requests')).toEqual([]);
});

test('a family of another type takes the place of the one before', () => {
  const model = modelOf(
    ['a', [1, [[{ name: 'x', type: 'gauge' }, { quantile: '0.5' }, 7]]]],
    ['b', [3, [[{ name: 'x', type: 'histogram' }, {}, { bounds: [1], buckets: [2, 0], sum: 1 }]]]],
  );
  expect(model.families().map(({ type }) => type)).toEqual(['histogram']);
  expect(model.of('x').map(({ family }) => family.type)).toEqual(['histogram']);
});

test('calls that had no room may be old when they have', () => {
  const model = new Model();
  const teller = new Teller();
  model.begin(hello());
  model.read({ ...teller.frame(1, [[orders, {}, 1]]), left: ['s_requests'] });
  model.read({ ...teller.frame(2, [[orders, {}, 1], ...calls(1_000_000)]), left: [] });
  model.read(teller.frame(3, [[orders, {}, 1], ...calls(1_000_002)]));
  expect(valuesOf(model, 's_requests')).toEqual([[undefined, 0, 2]]);
});

test('what is too old is forgotten, and series with it that are gone', () => {
  const teller = new Teller();
  const model = new Model();
  model.begin(hello());
  for (let t = 0; t < 2000; t += 1) {
    const early: Snapshot = t < 100 ? [[orders, { region: 'north' }, t]] : [];
    model.read(teller.frame(t, [...calls(t), ...early]));
  }
  expect(model.times.length).toBeGreaterThanOrEqual(616);
  expect(model.times.length).toBeLessThanOrEqual(931);
  expect(model.times[0]).toBe(model.dropped);
  expect(valuesOf(model, 's_requests')[0]).toHaveLength(model.times.length);
  expect(model.of('orders_total')).toEqual([]);
  expect(model.families().map(({ name }) => name)).toEqual(['s_requests']);
});

test('of many numbers a shorter past is kept', () => {
  const model = new Model(10_000);
  const teller = new Teller();
  model.begin(hello());
  const bounds = Array.from({ length: 98 }, (_, index) => index);
  const at = (count: number): Snapshot => [[durations, {}, { bounds, buckets: bounds.map(() => count), sum: count }]];
  for (let t = 0; t < 300; t += 1) model.read(teller.frame(t, at(t)));
  expect(model.times.length).toBeGreaterThan(60);
  expect(model.times.length).toBeLessThan(100);
  expect([model.times[0], model.times.at(-1)]).toEqual([model.dropped, 299]);
  // What does not change costs next to nothing.
  for (let t = 300; t < 800; t += 1) model.read({ t });
  expect(model.times.length).toBeGreaterThan(400);
});

test('families that have no room are told', () => {
  const model = new Model();
  model.begin(hello());
  model.read({ t: 1, left: ['huge'] });
  model.read({ t: 2 });
  expect(model.left).toEqual(['huge']);
  model.begin(hello());
  expect(model.left).toEqual([]);
});
