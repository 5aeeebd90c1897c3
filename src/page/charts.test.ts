import { expect, test } from 'vitest';
import type { Role } from '../live/protocol.ts';
import { type Chart, callCharts, runtimeCharts } from './charts.ts';
import { familyChart, otherFamilies } from './family-charts.ts';
import { linesOf, maxLines } from './lines.ts';
import { Model, type Series } from './model.ts';
import { hello, type Snapshot, Teller } from './stream.fixture.ts';

/** Two moments, ten seconds apart. */
function modelOf(before: Snapshot, after: Snapshot): Model {
  const [model, teller] = [new Model(), new Teller()];
  model.begin(hello());
  model.read(teller.frame(10, before));
  model.read(teller.frame(20, after));
  return model;
}

const chartOf = (id: string, of: Model = model) =>
  callCharts(of, id.startsWith('server') ? 'server' : 'client').find((one) => one.id === id)!;

const lines = (of: Model, chart: Chart, place: number, chosen: (series: Series) => boolean = () => true) =>
  linesOf({ model: of, window: 15, chosen, steps: { seconds: 5 } }, chart, place);

const valuesOf = (...args: Parameters<typeof lines>) =>
  Object.fromEntries(lines(...args).lines.map(({ name, at }) => [name, at(args[2])]));

const calls = (...counts: [method: string, status: string, count: number][]): Snapshot =>
  counts.map(([method, status, count]) => [{ name: 's_requests', type: 'counter' }, { method, status }, count]);

const model = modelOf(
  calls(['/a/Get', 'OK', 0], ['/a/Get', 'INTERNAL', 0], ['/a/Get', 'UNKNOWN', 0], ['/a/List', 'OK', 5]),
  calls(['/a/Get', 'OK', 30], ['/a/Get', 'INTERNAL', 10], ['/a/Get', 'UNKNOWN', 0], ['/a/List', 'OK', 65]),
);

test('errors are by status, without those that never were', () => {
  expect(valuesOf(model, chartOf('server.status'), 1)).toEqual({ INTERNAL: 1 });
  expect(lines(model, chartOf('server.status'), 1)).toMatchObject({ count: 1, isCut: true });
  const fine = modelOf(calls(['/a/Get', 'INTERNAL', 0]), calls(['/a/Get', 'INTERNAL', 0]));
  expect(lines(fine, chartOf('server.status'), 1).lines).toEqual([]);
});

test('and by method', () => {
  expect(valuesOf(model, chartOf('server.rate'), 1)).toEqual({ '/a/List': 6, '/a/Get': 4 });
});

test('of a chosen method there is only its own', () => {
  const chosen = ({ labels }: { labels: Readonly<Record<string, string>> }) => labels.method === '/a/Get';
  expect(valuesOf(model, chartOf('server.faults'), 1, chosen)).toEqual({ 'of all calls': 0.25 });
  expect(valuesOf(model, chartOf('server.faults'), 1)).toEqual({ 'of all calls': 0.1 });
});

test("a label of the user's makes no failed call OK", () => {
  const of = (count: number): Snapshot => [
    [{ name: 's_requests', type: 'counter' }, { method: '/a/Get', status: 'INTERNAL', cache: 'OK' }, count],
    [{ name: 's_requests', type: 'counter' }, { method: '/a/Get', status: 'OK', cache: 'OK' }, count],
  ];
  expect(valuesOf(modelOf(of(0), of(5)), chartOf('server.faults'), 1)).toEqual({ 'of all calls': 0.5 });
});

test('a call of a method that the server lacks is no fault, and one of a client may be', () => {
  const of = (family: string, count: number): Snapshot => [
    [{ name: family, type: 'counter' }, { method: 'unknown', status: 'UNIMPLEMENTED' }, count],
    [{ name: family, type: 'counter' }, { method: '/a/Get', status: 'OK' }, count],
  ];
  const at = (family: string) => modelOf(of(family, 0), of(family, 5));
  expect(valuesOf(at('s_requests'), chartOf('server.faults'), 1)).toEqual({ 'of all calls': 0 });
  expect(valuesOf(at('c_requests'), chartOf('client.faults', at('c_requests')), 1)).toEqual({ 'of all calls': 0.5 });
});

test('exceptions are the errors that have the name of a class', () => {
  const of = (count: number): Snapshot =>
    ['TypeError', 'NOT_FOUND', 'INTERNAL'].map((type) => [
      { name: 's_errors', type: 'counter' },
      { method: '/a/Get', error_type: type },
      count,
    ]);
  const failing = modelOf(of(0), of(20));
  expect(valuesOf(failing, chartOf('server.exceptions', failing), 1)).toEqual({ TypeError: 2 });
});

test('what was told only within the window is a rate of that part, and before it nothing is known', () => {
  const of = (count?: number): Snapshot =>
    count === undefined ? [] : [[{ name: 'jobs_total', type: 'counter' }, {}, count]];
  const [late, teller] = [new Model(), new Teller()];
  late.begin(hello());
  for (const [t, count] of [[10], [15, 100], [20, 110]] as const) late.read(teller.frame(t, of(count)));
  const chart = familyChart({ name: 'jobs_total', type: 'counter', help: '' }, late.of('jobs_total'));
  const [line] = lines(late, chart, 2).lines;
  expect([0, 1, 2].map((place) => line!.at(place))).toEqual([null, null, 2]);
});

test('while a family is not told, nobody knows its rate', () => {
  const of = (count?: number): Snapshot =>
    count === undefined ? [] : [[{ name: 'jobs_total', type: 'counter' }, {}, count]];
  const [seen, teller] = [new Model(), new Teller()];
  seen.begin(hello());
  const told = [0, 10, undefined, undefined, 500, 520];
  for (const [index, count] of told.entries()) seen.read(teller.frame(100 + index * 10, of(count)));
  const chart = familyChart({ name: 'jobs_total', type: 'counter', help: '' }, seen.of('jobs_total'));
  const [line] = lines(seen, chart, 5).lines;
  expect(told.map((_, place) => line!.at(place))).toEqual([null, 1, null, null, null, 2]);
});

test('before the first window there is nothing', () => {
  expect(valuesOf(model, chartOf('server.faults'), 0)).toEqual({ 'of all calls': null });
  expect(lines(model, chartOf('server.latency'), 1)).toMatchObject({ lines: [], isCut: false });
});

test('queries are those of the greeting', () => {
  expect(chartOf('server.rate').queries).toEqual({ PromQL: 'sum(rate(s_requests[$window]))' });
  expect(chartOf('server.latency').queries).toEqual({ P50: undefined, P95: 'p95 of s_durations', P99: undefined });
  expect(chartOf('client.rate').queries).toEqual({ PromQL: undefined });
});

/** Families by name, and the section that shows them; undefined for a chart of calls or of the process. */
const sections: [name: string, role: Role | undefined, section: 'mine' | 'rest' | undefined][] = [
  ['s_requests', 'server.requests', undefined],
  ['c_requests', 'client.requests', undefined],
  ['process_cpu_seconds_total', 'runtime.cpu', undefined],
  ['grpc_errors_total', 'server.errors', undefined],
  ['grpc_time_to_first_message_seconds', 'library', 'rest'],
  ['process_open_fds', 'library', 'rest'],
  ['process_orders_total', undefined, 'mine'],
  ['nodejs_jobs', undefined, 'mine'],
  ['grpc_requests_total', undefined, 'mine'],
  ['orders_total', undefined, 'mine'],
];
test.each(sections)('%s with the role %s is shown in: %s', (name, role, section) => {
  const one: Snapshot = [[{ name, type: 'counter', ...(role !== undefined && { role }) }, { method: '/a/Get' }, 1]];
  const known = modelOf(one, one);
  const charted = [...callCharts(known, 'server'), ...callCharts(known, 'client'), ...runtimeCharts(known)];
  const { mine, rest } = otherFamilies(known, charted);
  const shown = { mine: mine.map((family) => family.name), rest: rest.map((family) => family.name) };
  expect(shown).toEqual({ mine: [], rest: [], ...(section !== undefined && { [section]: [name] }) });
});

test('of many lines the largest are shown', () => {
  const gauges = Array.from({ length: 20 }, (_, index) => index).map((index): Snapshot[number] => [
    { name: 'depth', type: 'gauge' },
    { queue: `q${index}` },
    index,
  ]);
  const many = modelOf(gauges, gauges);
  const chart = familyChart({ name: 'depth', type: 'gauge', help: '' }, many.of('depth'));
  const { lines: shown, count, isCut } = lines(many, chart, 1);
  expect([shown.length, count, isCut]).toEqual([maxLines, 20, true]);
  expect(shown[0]!.name).toBe('q19');
});

const bounds = [1, 2];
const histogram = (labels: Readonly<Record<string, string>>, buckets: number[]): Snapshot[number] => [
  { name: 'size_bytes', type: 'histogram' },
  labels,
  { bounds, buckets, sum: 0 },
];

test('a histogram without labels is its quantiles', () => {
  const one = modelOf([histogram({}, [0, 0, 0])], [histogram({}, [100, 0, 0])]);
  const chart = familyChart({ name: 'size_bytes', type: 'histogram', help: '' }, one.of('size_bytes'));
  expect(chart).toMatchObject({ kind: 'quantiles', unit: 'B' });
  expect(chart.queries.P95).toBe('histogram_quantile(0.95, sum by (le) (rate(size_bytes_bucket[$window])))');
  expect(valuesOf(one, chart, 1)).toEqual({ P50: 1, P95: 1, P99: 1 });
  expect(lines(one, chart, 1).lines.map(({ sideAt }) => sideAt!(1))).toEqual(['<', '<', '<']);
});

test('one with labels is a quantile of each', () => {
  const two = modelOf(
    [histogram({ of: 'a' }, [0, 0, 0]), histogram({ of: 'b' }, [0, 0, 0])],
    [histogram({ of: 'a' }, [100, 0, 0]), histogram({ of: 'b' }, [0, 100, 0])],
  );
  const chart = familyChart({ name: 'size_bytes', type: 'histogram', help: '' }, two.of('size_bytes'));
  expect(chart.queries.P95).toBe('histogram_quantile(0.95, sum by (of, le) (rate(size_bytes_bucket[$window])))');
  expect(valuesOf(two, chart, 1)).toEqual({ a: 1, b: 1.95 });
});

test('of a family whose series have different labels, all of them are asked for', () => {
  const mixed = modelOf([histogram({ of: 'a' }, [0, 0, 0]), histogram({ of: 'a', at: 'x' }, [0, 0, 0])], []);
  const { queries } = familyChart({ name: 'size_bytes', type: 'histogram', help: '' }, mixed.of('size_bytes'));
  expect(queries.P50).toContain('sum by (of, at, le)');
});

const scraped: [name: string, scraped: string, queries: Record<string, string>][] = [
  ['as it is in scrapes', 'shop_orders_total', { PromQL: 'rate(shop_orders_total[$window])' }],
  ['not, where scrapes are without it', '', {}],
];
test.each(scraped)('a family is asked for %s', (_name, as, queries) => {
  expect(familyChart({ name: 'orders_total', type: 'counter', help: '' }, [], as)).toMatchObject({
    title: 'orders_total',
    queries,
  });
  expect(familyChart({ name: 'orders_total', type: 'counter', help: '' }, [], as).queries).toEqual(queries);
});

test.each([
  ['orders_total', 'counter', '/s', 'rate(orders_total[$window])'],
  ['sent_bytes_total', 'counter', 'B/s', 'rate(sent_bytes_total[$window])'],
  ['busy_seconds_total', 'counter', '/s', 'rate(busy_seconds_total[$window])'],
  ['age_seconds', 'gauge', 's', 'age_seconds'],
  ['full_ratio', 'gauge', '%', 'full_ratio'],
  ['depth', 'gauge', '', 'depth'],
  ['load', 'summary', '', 'load'],
] as const)('%s, a %s, is shown in %j', (name, type, unit, PromQL) => {
  expect(familyChart({ name, type, help: '' }, [])).toMatchObject({ unit, queries: { PromQL } });
});
