import { expect, test } from 'vitest';
import type { Role } from '../live/protocol.ts';
import { callCharts, familyChart, linesOf, maxLines, otherCharts, runtimeCharts } from './charts.ts';
import { Model } from './model.ts';
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

const valuesOf = (...args: Parameters<typeof linesOf>) =>
  Object.fromEntries(linesOf(...args).lines.map(({ name, at }) => [name, at(args[2])]));

const calls = (...counts: [method: string, status: string, count: number][]): Snapshot =>
  counts.map(([method, status, count]) => [{ name: 's_requests', type: 'counter' }, { method, status }, count]);

const model = modelOf(
  calls(['/a/Get', 'OK', 0], ['/a/Get', 'INTERNAL', 0], ['/a/Get', 'UNKNOWN', 0], ['/a/List', 'OK', 5]),
  calls(['/a/Get', 'OK', 30], ['/a/Get', 'INTERNAL', 10], ['/a/Get', 'UNKNOWN', 0], ['/a/List', 'OK', 65]),
);

test('rates are by status, without those that never were', () => {
  expect(valuesOf(model, chartOf('server.status'), 1)).toEqual({ OK: 9, INTERNAL: 1 });
  expect(linesOf(model, chartOf('server.status'), 1)).toMatchObject({ count: 2, isCut: true });
});

test('and by method', () => {
  expect(valuesOf(model, chartOf('server.rate'), 1)).toEqual({ '/a/List': 6, '/a/Get': 4 });
});

test('of a chosen method there is only its own', () => {
  const chosen = ({ labels }: { labels: Readonly<Record<string, string>> }) => labels.method === '/a/Get';
  expect(valuesOf(model, chartOf('server.errors'), 1, chosen)).toEqual({ 'not OK': 0.25 });
  expect(valuesOf(model, chartOf('server.errors'), 1)).toEqual({ 'not OK': 0.1 });
});

test("a label of the user's makes no failed call OK", () => {
  const of = (count: number): Snapshot => [
    [{ name: 's_requests', type: 'counter' }, { method: '/a/Get', status: 'INTERNAL', cache: 'OK' }, count],
    [{ name: 's_requests', type: 'counter' }, { method: '/a/Get', status: 'OK', cache: 'OK' }, count],
  ];
  expect(valuesOf(modelOf(of(0), of(5)), chartOf('server.errors'), 1)).toEqual({ 'not OK': 0.5 });
});

test('before the first window there is nothing', () => {
  expect(valuesOf(model, chartOf('server.errors'), 0)).toEqual({ 'not OK': null });
  expect(linesOf(model, chartOf('server.latency'), 1)).toMatchObject({ lines: [], isCut: false });
});

test('queries are those of the greeting', () => {
  expect(chartOf('server.rate').queries).toEqual({ PromQL: 'sum(rate(s_requests[5m]))' });
  expect(chartOf('server.latency').queries).toEqual({ P50: undefined, P95: 'p95 of s_durations', P99: undefined });
  expect(chartOf('client.rate').queries).toEqual({ PromQL: undefined });
});

/** Families by name, and the section that shows them; undefined for a chart of calls or of the process. */
const sections: [name: string, role: Role | undefined, section: 'mine' | 'rest' | undefined][] = [
  ['s_requests', 'server.requests', undefined],
  ['c_requests', 'client.requests', undefined],
  ['process_cpu_seconds_total', 'runtime.cpu', undefined],
  ['grpc_errors_total', 'server.errors', 'rest'],
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
  const { mine, rest } = otherCharts(known, charted);
  const shown = { mine: mine.map(({ title }) => title), rest: rest.map(({ title }) => title) };
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
  const { lines, count, isCut } = linesOf(many, chart, 1);
  expect([lines.length, count, isCut]).toEqual([maxLines, 20, true]);
  expect(lines[0]!.name).toBe('q19');
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
  expect(chart.queries.P95).toBe('histogram_quantile(0.95, sum by (le) (rate(size_bytes_bucket[5m])))');
  expect(valuesOf(one, chart, 1)).toEqual({ P50: 0.5, P95: 0.95, P99: 0.99 });
});

test('one with labels is a quantile of each', () => {
  const two = modelOf(
    [histogram({ of: 'a' }, [0, 0, 0]), histogram({ of: 'b' }, [0, 0, 0])],
    [histogram({ of: 'a' }, [100, 0, 0]), histogram({ of: 'b' }, [0, 100, 0])],
  );
  const chart = familyChart({ name: 'size_bytes', type: 'histogram', help: '' }, two.of('size_bytes'));
  expect(chart.queries.P95).toBe('histogram_quantile(0.95, sum by (of, le) (rate(size_bytes_bucket[5m])))');
  expect(valuesOf(two, chart, 1)).toEqual({ a: 0.95, b: 1.95 });
});

test('of a family whose series have different labels, all of them are asked for', () => {
  const mixed = modelOf([histogram({ of: 'a' }, [0, 0, 0]), histogram({ of: 'a', at: 'x' }, [0, 0, 0])], []);
  const { queries } = familyChart({ name: 'size_bytes', type: 'histogram', help: '' }, mixed.of('size_bytes'));
  expect(queries.P50).toContain('sum by (of, at, le)');
});

const scraped: [name: string, scraped: string, queries: Record<string, string>][] = [
  ['as it is in scrapes', 'shop_orders_total', { PromQL: 'rate(shop_orders_total[5m])' }],
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
  ['orders_total', 'counter', '/s', 'rate(orders_total[5m])'],
  ['sent_bytes_total', 'counter', 'B/s', 'rate(sent_bytes_total[5m])'],
  ['busy_seconds_total', 'counter', '/s', 'rate(busy_seconds_total[5m])'],
  ['age_seconds', 'gauge', 's', 'age_seconds'],
  ['full_ratio', 'gauge', '%', 'full_ratio'],
  ['depth', 'gauge', '', 'depth'],
  ['load', 'summary', '', 'load'],
] as const)('%s, a %s, is shown in %j', (name, type, unit, PromQL) => {
  expect(familyChart({ name, type, help: '' }, [])).toMatchObject({ unit, queries: { PromQL } });
});
