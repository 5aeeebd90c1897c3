import { existsSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { partsOf } from '../../src/metrics.ts';
import { foldDead } from '../../src/processes/retire.ts';
import { EntityRows } from '../../src/processes/rows.ts';
import type { PartLimit } from '../../src/processes/series-limits.ts';
import type { Shelf } from '../../src/processes/shelf.ts';
import { identityOf, Lives, newFolder, newGeneration, readerOf, startProcess } from './folders.ts';
import { randomFrom } from './history.ts';
import { endProcesses, opened } from './metrics-here.ts';
import { scrapeOf } from './scraped.ts';

afterEach(endProcesses);

const key = ['family', 'things_total', 'counter'];
const parts: PartLimit = { max: 3, others: 'other' };

/** Puts series into the book of a process, each with its value and when it began. */
function put(folder: string, name: string, series: Readonly<Record<string, readonly [value: number, since: number]>>) {
  const { book } = startProcess(folder, name);
  const since = new Map(Object.entries(series).map(([part, [, began]]) => [part, began]));
  const rows = new EntityRows(book, key, { parts }, (part) => since.get(part));
  for (const [part, [value]] of Object.entries(series)) rows.put(part, 'sum', [value]);
  book.flush();
  return {
    book,
    rows,
    put: (part: string, value: number, began: number) => {
      since.set(part, began);
      rows.put(part, 'sum', [value]);
    },
  };
}

/** The series that a reader shows. */
function shown(shelf: Shelf): Record<string, number> {
  shelf.refresh();
  const all = shelf.sums.get(key)?.parts ?? new Map();
  return Object.fromEntries(Array.from(all, ([part, sum]) => [part, sum.at(0)]));
}

test('those that began first have room, in whatever order books are read; the rest is other', () => {
  const folder = newGeneration();
  put(folder, 'z', { a: [1, 1], d: [1000, 4], e: [10_000, 5] });
  put(folder, 'y', { b: [10, 2], c: [100, 3], a: [1, 9] });
  const expected = { a: 2, b: 10, c: 100, other: 11_000 };
  expect(shown(readerOf(folder, new Lives()))).toEqual(expected);
  const backwards = readerOf(folder, new Lives(), { list: () => ['y.book', 'z.book', 'retired-0'] });
  expect(shown(backwards)).toEqual(expected);
});

test('what is shown stays as it is when others begin, die and are folded, for readers old and new', () => {
  const folder = newGeneration();
  const lives = new Lives();
  const old = readerOf(folder, lives);
  put(folder, 'p', { a: [1, 1], b: [10, 2] });
  expect(shown(old)).toEqual({ a: 1, b: 10 });
  put(folder, 'q', { c: [100, 3], d: [1000, 4] });
  const full = { a: 1, b: 10, c: 100, other: 1000 };
  expect(shown(old)).toEqual(full);
  for (const [index, dies] of ['p', 'q'].entries()) {
    lives.kill(dies);
    expect(shown(old)).toEqual(full);
    expect(foldDead(old, identityOf(`folder ${index}`))).toBe(1);
    expect(shown(old)).toEqual(full);
    expect(shown(readerOf(folder, lives))).toEqual(full);
  }
  put(folder, 'r', { d: [1, 8], a: [1, 9], f: [1, 7] });
  expect(shown(old)).toEqual({ a: 2, b: 10, c: 100, other: 1002 });
  expect(shown(readerOf(folder, lives))).toEqual({ a: 2, b: 10, c: 100, other: 1002 });
});

test('the sum of the dead has no more series than the limit, however many processes have come and gone', () => {
  const folder = newGeneration();
  const lives = new Lives();
  const shelf = readerOf(folder, lives);
  for (let index = 0; index < 20; index += 1) {
    put(folder, `p${index}`, { [`a${index}`]: [1, 2 * index], [`b${index}`]: [1, 2 * index + 1] });
    lives.kill(`p${index}`);
    shelf.refresh();
    foldDead(shelf, identityOf('x'));
  }
  expect(shown(shelf)).toEqual({ a0: 1, b0: 1, a1: 1, other: 37 });
  expect(shelf.retired.file.rows.filter(({ entity }) => entity.key[0] === 'family')).toHaveLength(4);
});

test('room that becomes free is for new series: what is known to be out stays under other, in a new book as well', () => {
  const folder = newGeneration();
  const lives = new Lives();
  const first = put(folder, 'p', { a: [1, 1], b: [1, 2], c: [1, 3] });
  const late = put(folder, 'q', { d: [5, 4] });
  const shelf = readerOf(folder, lives);
  expect(shown(shelf)).toEqual({ a: 1, b: 1, c: 1, other: 5 });
  late.rows.keepOut('d');
  late.book.flush();
  first.rows.remove('a');
  first.book.flush();
  expect(shown(shelf)).toEqual({ b: 1, c: 1, other: 5 });
  put(folder, 'r', { f: [7, 9], d: [1, 10] });
  expect(shown(shelf)).toEqual({ b: 1, c: 1, f: 7, other: 6 });
  lives.kill('q');
  foldDead(shelf, identityOf('x'));
  expect(shown(shelf)).toMatchObject({ b: 1, c: 1, f: 7 });
  expect(Object.values(shown(shelf)).reduce((sum, value) => sum + value, 0)).toBe(15);
});

test('a reader that goes on comes to what a new one comes to, whatever has happened', () => {
  const random = randomFrom(7);
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;
  const folder = newGeneration();
  const lives = new Lives();
  const old = readerOf(folder, lives);
  const living = new Map<string, ReturnType<typeof put>>();
  const since = new Map<string, number>();
  let time = 0;
  let moves = 0;
  for (let step = 0; step < 1500; step += 1) {
    time += 1;
    const name = `p${Math.floor(random() * 4)}-${Math.floor(step / 300)}`;
    const series = pick(['a', 'b', 'c', 'd', 'e', 'f']);
    const process = living.get(name);
    const choice = random();
    if (process === undefined) living.set(name, put(folder, name, {}));
    else if (choice < 0.6) {
      // Sometimes it is written later than that of others.
      const began = since.get(`${name} ${series}`) ?? time - Math.floor(random() * 3);
      since.set(`${name} ${series}`, began);
      process.put(series, step, began);
    } else if (choice < 0.75) {
      process.rows.remove(series);
      since.delete(`${name} ${series}`);
    } else if (choice < 0.85) {
      process.rows.keepOut(series);
    } else if (choice < 0.9) {
      lives.kill(name);
      living.delete(name);
    } else if (choice < 0.95) {
      old.refresh();
      foldDead(old, identityOf('x'));
    }
    process?.book.flush();
    if (random() < 0.3) continue; // several changes at once
    const before = JSON.stringify(shown(old));
    expect(shown(old), `step ${step}`).toEqual(shown(readerOf(folder, lives)));
    if (before.includes('other')) moves += 1;
  }
  expect(moves).toBeGreaterThan(300);
});

/** A process with a book in the folder. */
function start(folder: string, options: GrpcMetricsOptions = {}): GrpcMetrics & { readonly warnings: string[] } {
  const warnings: string[] = [];
  const logger = { warn: (message: string) => message.includes('not in memory') || warnings.push(message) };
  const metrics = new GrpcMetrics({ processes: { folder }, logger, ...options });
  opened(metrics);
  return Object.assign(metrics, { warnings });
}

/** The series of a scrape whose name begins so, without what says when they began. */
async function seriesIn(metrics: GrpcMetrics, prefix: string): Promise<Record<string, number>> {
  const scraped = await scrapeOf(metrics);
  return Object.fromEntries([...scraped].filter(([series, value]) => series.startsWith(prefix) && value !== 0));
}

const names = ['a', 'b', 'c'];

/** What each process of the tests below declares and does: `values` are its label sets. */
const kinds: [name: string, use: (metrics: GrpcMetrics, values: readonly string[]) => void, expected: object][] = [
  [
    'a counter',
    (metrics, values) => {
      const counter = metrics.counter({ name: 'x_total', help: 'X', labelNames: ['l'], maxSeries: 3 });
      for (const l of values) counter.labels({ l }).inc(2);
    },
    { 'x_total{l="a"}': 2, 'x_total{l="b"}': 2, 'x_total{l="c"}': 2, 'x_total{l="other"}': 4 },
  ],
  [
    'a histogram',
    (metrics, values) => {
      const spec = {
        name: 'x',
        help: 'X',
        labelNames: ['l'],
        maxSeries: 3,
        buckets: [1],
        nativeHistogram: true,
      } as const;
      for (const l of values) metrics.histogram(spec).labels({ l }).observe(0.5);
    },
    Object.fromEntries(
      [...names, 'other'].flatMap((l) => {
        const count = l === 'other' ? 2 : 1;
        return [
          [`x_bucket{l="${l}",le="1"}`, count],
          [`x_bucket{l="${l}",le="+Inf"}`, count],
          [`x_sum{l="${l}"}`, count / 2],
          [`x_count{l="${l}"}`, count],
        ];
      }),
    ),
  ],
];
describe.each(kinds)('%s with maxSeries', (_name, use, expected) => {
  test('two processes of other labels: the sum has as many as one may have, after an end and a new process as well', async () => {
    const folder = newFolder();
    const first = start(folder);
    use(first, ['a', 'b']);
    await turn();
    const second = start(folder);
    use(second, ['c', 'd']);
    await turn();
    use(first, ['e']);
    await turn();
    for (const one of [first, second]) expect(await seriesIn(one, 'x')).toEqual(expected);
    // Both note at their next sweep what is out, count it, and say so once.
    const counted = 'grpc_vitals_series_dropped_total{limit="metric"}';
    await expect
      .poll(async () => (await scrapeOf(second))[Symbol.iterator] && (await scrapeOf(second)).get(counted))
      .toBe(2);
    expect(second.warnings).toEqual([
      expect.stringMatching(/^"x(_total)?" has 3 series in all processes: further ones are under "other"/),
    ]);
    await first.close();
    expect(await seriesIn(second, 'x')).toEqual(expected);
    await expect.poll(() => existsSync(`${folder}/gen-1/retired-1`)).toBe(true);
    expect(await seriesIn(second, 'x')).toEqual(expected);
    const third = start(folder);
    expect(await seriesIn(third, 'x')).toEqual(expected);
    await second.close();
    await expect.poll(() => existsSync(`${folder}/gen-1/retired-2`)).toBe(true);
    expect(await seriesIn(third, 'x')).toEqual(expected);
  });
});

test('a gauge with maxSeries: those that have no room are added; the dead leave room', async () => {
  const folder = newFolder();
  const gauge = (metrics: GrpcMetrics) => metrics.gauge({ name: 'x', help: 'X', labelNames: ['l'], maxSeries: 2 });
  const [first, second] = [start(folder), start(folder)];
  gauge(first).labels({ l: 'a' }).set(1);
  gauge(first).labels({ l: 'b' }).set(2);
  await turn();
  gauge(second).labels({ l: 'c' }).set(4);
  gauge(second).labels({ l: 'd' }).set(8);
  await turn();
  expect(await seriesIn(second, 'x')).toEqual({ 'x{l="a"}': 1, 'x{l="b"}': 2, 'x{l="other"}': 12 });
  await first.close();
  await expect.poll(() => seriesIn(second, 'x')).toEqual({ 'x{l="c"}': 4, 'x{l="d"}': 8 });
});

test('a gauge that each process has for itself: one series of other for each', async () => {
  const folder = newFolder();
  const spec = { name: 'x', help: 'X', labelNames: ['l'], maxSeries: 2, merge: 'each' } as const;
  const [first, second] = [start(folder), start(folder)];
  for (const [index, l] of ['a', 'b'].entries())
    first
      .gauge(spec)
      .labels({ l })
      .set(1 + index);
  await turn();
  for (const l of ['a', 'c', 'd']) second.gauge(spec).labels({ l }).set(4);
  await turn();
  const { body } = await first.render();
  const lines = String(body)
    .split('\n')
    .filter((line) => line.startsWith('x{'));
  expect(new Set(lines).size).toBe(lines.length);
  const workers = { 'x{l="a",worker="0"}': 1, 'x{l="b",worker="0"}': 2, 'x{l="a",worker="1"}': 4 };
  expect(await seriesIn(first, 'x')).toEqual({ ...workers, 'x{l="other",worker="1"}': 8 });
});

/** Ends calls of a method, one for each tenant. */
function call(metrics: GrpcMetrics, path: string, tenants: readonly string[]): void {
  const { server } = partsOf(metrics);
  for (const tenant of tenants) {
    const method = server.withValues(server.method(path)!, [tenant]);
    method.started += 1;
    method.finish(0, 0.5);
    method.watcher?.changed(method);
  }
}

test('maxCallSeries: calls with labels beyond it are under other, a method keeps its room, and no call is lost', async () => {
  const folder = newFolder();
  // A method takes two: 6 of 8 are for labels, so two tenants have room beside two methods.
  const options: GrpcMetricsOptions = { callLabels: { tenant: { from: () => '' } }, maxCallSeries: 8 };
  const [first, second] = [start(folder, options), start(folder, options)];
  call(first, '/s.A/Get', ['t1']);
  await turn();
  call(second, '/s.B/Get', ['t2']);
  call(second, '/s.B/Get', ['t3', 't3']);
  await turn();
  const series = (method: string, tenant: string) =>
    `grpc_requests_total{method="${method}",tenant="${tenant}",status="OK"}`;
  const full = {
    [series('/s.A/Get', 't1')]: 1,
    [series('/s.B/Get', 't2')]: 1,
    [series('/s.B/Get', 'other')]: 2,
  };
  for (const one of [first, second]) expect(await seriesIn(one, 'grpc_requests_total')).toEqual(full);
  const counted = 'grpc_vitals_series_dropped_total{limit="series"}';
  await expect.poll(async () => (await scrapeOf(first)).get(counted)).toBe(2);
  call(second, '/s.B/Get', ['t3']);
  await turn();
  full[series('/s.B/Get', 'other')] = 3;
  expect(await seriesIn(first, 'grpc_requests_total')).toEqual(full);
  await expect.poll(async () => (await scrapeOf(first)).get(counted)).toBe(3);
  expect(second.warnings).toEqual([
    expect.stringContaining('calls of all processes have their series (maxCallSeries)'),
  ]);
  await second.close();
  await expect.poll(() => existsSync(`${folder}/gen-1/retired-1`)).toBe(true);
  expect(await seriesIn(first, 'grpc_requests_total')).toEqual(full);
  const third = start(folder, options);
  call(third, '/s.B/Get', ['t3']);
  await turn();
  full[series('/s.B/Get', 'other')] = 4;
  for (const one of [first, third]) expect(await seriesIn(one, 'grpc_requests_total')).toEqual(full);
  // 8 are taken: another method has none.
  call(third, '/s.C/Get', ['t1']);
  call(first, '/s.D/Get', ['t1']);
  await turn();
  const now = await seriesIn(first, 'grpc_requests_total');
  expect(now).toMatchObject(full);
  expect(Object.values(now).reduce((sum, value) => sum + value, 0)).toBe(8);
  expect(Object.keys(now).filter((one) => /s\.[CD]/.test(one))).toHaveLength(1);
  expect(Object.keys(now)).toContainEqual(expect.stringContaining('method="other"'));
});
