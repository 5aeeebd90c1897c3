import { expect, test } from 'vitest';
import type { MetricFamily } from '../../src/core/snapshot.ts';
import { ask, askAndWait, bigFamily, served, signal, until } from './fixture.ts';

const small: MetricFamily[] = [
  { name: 'jobs_total', type: 'counter', help: 'Jobs', series: [{ labels: {}, value: 1 }] },
  { name: 'size_bytes', type: 'gauge', help: 'Size', series: [{ labels: {}, value: 2 }] },
];

/** An endpoint whose metrics can be read only after `open`. */
async function held(families: readonly MetricFamily[] = small, options = {}) {
  const gate = signal();
  const counts = { collects: 0 };
  const collect = async () => {
    counts.collects += 1;
    await gate.given;
    return families;
  };
  return { ...(await served(collect, options, { hasProcesses: true })), counts, open: gate.give };
}

test('scrapes of one format that come during a rendering share it, and the next one does not', async () => {
  const { url, stats, counts, open } = await held();
  const asked = Array.from({ length: 10 }, () => ask(url));
  await until(() => stats.inFlight === 10);
  open();
  const bodies = (await Promise.all(asked)).map(({ bytes }) => bytes.toString());
  expect(new Set(bodies).size).toBe(1);
  expect(counts.collects).toBe(1);
  await ask(url);
  expect(counts.collects).toBe(2);
  expect(stats.requests).toEqual({ '200': 11, '500': 0, '503': 0 });
});

const formats: [name: string, query: string, headers: Record<string, string>, collects: number][] = [
  ['the same', '', {}, 1],
  ['another query that filters nothing', '?verbose=1', {}, 1],
  ['another way to say the same', '', { 'accept-encoding': 'identity' }, 1],
  ['another coding', '', { 'accept-encoding': 'gzip' }, 2],
  ['another encoding', '', { accept: 'application/openmetrics-text; version=1.0.0' }, 2],
  ['other names', '?name[]=jobs_total', {}, 2],
  ['another vocabulary', '?naming=go', {}, 2],
  ['each process', '?by=process', {}, 2],
];
test.each(formats)('two scrapes at once, the second one for %s', async (_name, query, headers, collects) => {
  const { url, stats, counts, open } = await held();
  const asked = [ask(url), ask(url + query, headers)];
  await until(() => stats.inFlight === 2);
  open();
  for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
  expect(counts.collects).toBe(collects);
});

test('the same vocabularies in another order, one of them twice, are the same format', async () => {
  const { url, stats, counts, open } = await held();
  const asked = [ask(`${url}?naming=go&naming=basic`), ask(`${url}?naming=basic&naming=go&naming=go`)];
  await until(() => stats.inFlight === 2);
  open();
  await Promise.all(asked);
  expect(counts.collects).toBe(1);
});

test('the same names in another order are the same format', async () => {
  const { url, stats, counts, open } = await held();
  const asked = [ask(`${url}?name[]=jobs_total&name[]=size_bytes`), ask(`${url}?name[]=size_bytes&name[]=jobs_total`)];
  await until(() => stats.inFlight === 2);
  open();
  await Promise.all(asked);
  expect(counts.collects).toBe(1);
});

test('200 scrapes at once: all of them are answered by one rendering, where as many are allowed', async () => {
  const families = [bigFamily(5000)];
  const { url, stats, counts, open } = await held(families, { maxRequestsInFlight: 200 });
  const asked = Array.from({ length: 200 }, () => ask(url, { 'accept-encoding': 'gzip' }));
  await until(() => stats.inFlight === 200);
  open();
  const answers = await Promise.all(asked);
  expect(answers.every(({ status, bytes }) => status === 200 && bytes.equals(answers[0]!.bytes))).toBe(true);
  expect(counts.collects).toBe(1);
  await until(() => stats.inFlight === 0);
});

test('who leaves a shared rendering does not end it for the others', async () => {
  const { endpoint, url, stats, counts, open } = await held();
  const leaving = await askAndWait(endpoint.port);
  await until(() => stats.inFlight === 1);
  const staying = ask(url);
  await until(() => stats.inFlight === 2);
  leaving.destroy();
  await until(() => stats.inFlight === 1);
  open();
  expect((await staying).status).toBe(200);
  expect(counts.collects).toBe(1);
  expect(stats.requests).toEqual({ '200': 1, '500': 0, '503': 0 });
});

test('a rendering that everyone has left is given up: the next scrape starts anew', async () => {
  const { endpoint, url, stats, counts, told, open } = await held();
  const leaving = await askAndWait(endpoint.port);
  await until(() => counts.collects === 1);
  leaving.destroy();
  await until(() => stats.inFlight === 0);
  const asked = ask(url);
  await until(() => counts.collects === 2);
  open();
  expect((await asked).status).toBe(200);
  expect(told).toEqual([]);
  expect(stats.errors).toEqual({ gathering: 0, encoding: 0 });
  expect(stats.requests).toEqual({ '200': 1, '500': 0, '503': 0 });
});
