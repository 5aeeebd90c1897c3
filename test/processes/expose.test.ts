import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { freePort } from '../support/servers/prometheus.ts';
import { newFolder } from './folders.ts';
import { endProcesses, opened } from './metrics-here.ts';
import { scrapeOf } from './scraped.ts';
import { scrape } from './watch.ts';

afterEach(endProcesses);

/** A process with a book in this folder, and the warnings that it gives. */
function start(folder: string): { metrics: GrpcMetrics; warnings: string[] } {
  const warnings: string[] = [];
  const logger = { warn: (message: string) => warnings.push(message) };
  const metrics = new GrpcMetrics({ processes: { folder }, logger });
  metrics.counter({ name: 'things_total', help: 'Things' }).inc();
  opened(metrics);
  return { metrics, warnings };
}

test('a process that finds the port taken by another one of its folder waits, and takes it over', async () => {
  const [folder, port] = [newFolder(), await freePort()];
  const [first, second] = [start(folder), start(folder)];
  await first.metrics.expose({ port, host: '127.0.0.1' });
  const endpoint = await second.metrics.expose({ port, host: '127.0.0.1' });
  expect(endpoint).toMatchObject({ url: `http://127.0.0.1:${port}`, port });
  expect((await scrape(endpoint.url))?.get('things_total')).toBe(2);
  await first.metrics.close();
  // What the first one counted stays.
  await expect.poll(async () => (await scrape(endpoint.url))?.get('things_total'), { timeout: 10_000 }).toBe(2);
  await second.metrics.close();
  expect(await scrape(endpoint.url)).toBeUndefined();
});

test('a process that finds the port taken by a stranger is told so', { timeout: 30_000 }, async () => {
  const port = await freePort();
  await start(newFolder()).metrics.expose({ port, host: '127.0.0.1' });
  const late = start(newFolder()).metrics.expose({ port, host: '127.0.0.1' });
  await expect(late).rejects.toMatchObject({
    code: 'port_in_use',
    message: expect.stringContaining('give both the same processes: { folder }'),
  });
});

test('without a folder that can be made the process acts alone, and warns once', async () => {
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  const { metrics, warnings } = start(join(file, 'books'));
  expect(warnings).toEqual([expect.stringContaining('this process has its own metrics alone')]);
  expect((await scrapeOf(metrics)).get('things_total')).toBe(1);
});

test.each(['constantLabels', 'callLabels'])('worker cannot be one of the %s', (option) => {
  const make = () => new GrpcMetrics({ processes: true, [option]: { worker: 'x' } });
  expect(make).toThrow(expect.objectContaining({ code: 'invalid_label' }));
});

const merges: [merge: 'sum' | 'max' | 'min', expected: number][] = [
  ['sum', 7],
  ['max', 5],
  ['min', 2],
];
test.each(merges)('merge: %s of a gauge, set or read', { timeout: 30_000 }, async (merge, expected) => {
  const folder = newFolder();
  const [first, second] = [start(folder).metrics, start(folder).metrics];
  for (const [metrics, value] of [
    [first, 2],
    [second, 5],
  ] as const) {
    metrics.gauge({ name: 'level', help: 'Level', merge }).set(value);
    metrics.gauge({ name: 'asked', help: 'Asked', merge, read: () => value });
  }
  const seen = async () => {
    const scraped = await scrapeOf(first);
    return [scraped.get('level'), scraped.get('asked')];
  };
  await expect.poll(seen, { timeout: 20_000 }).toEqual([expected, expected]);
});

test("merge: 'each' of a gauge adds the label worker", async () => {
  const folder = newFolder();
  const both = [start(folder).metrics, start(folder).metrics];
  for (const [index, metrics] of both.entries()) {
    metrics
      .gauge({ name: 'level', help: 'Level', labelNames: ['a'], merge: 'each' })
      .labels({ a: 'b' })
      .set(index);
  }
  await new Promise((resolve) => setImmediate(resolve));
  const scraped = await scrapeOf(both[0]!);
  const level = new Map([...scraped].filter(([series]) => series.startsWith('level')));
  expect(level).toEqual(
    new Map([
      ['level{a="b",worker="0"}', 0],
      ['level{a="b",worker="1"}', 1],
    ]),
  );
});
