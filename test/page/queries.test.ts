import * as grpc from '@grpc/grpc-js';
import { GrpcMetrics, type MetricsEndpoint } from 'grpc-vitals';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop } from '../../examples/shop.ts';
import { evenPlan, runPlan } from '../../examples/traffic.ts';
import type { Hello, NewFamily } from '../../src/live/protocol.ts';
import { type VocabularyName, vocabularyNames } from '../../src/naming/vocabularies/all.ts';
import { familyChart } from '../../src/page/family-charts.ts';
import { queryOver } from '../../src/page/query.ts';
import { settle } from '../support/compare.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';
import { events, Reader } from '../support/stream-reader.ts';

async function helloAt(url: string): Promise<Hello> {
  return (await toldAt(url)).hello;
}

/** The greeting, and the families that have series now. */
async function toldAt(url: string): Promise<{ hello: Hello; families: readonly NewFamily[] }> {
  const response = await fetch(`${url}/live`);
  const reader = new Reader();
  let hello: Hello | undefined;
  for await (const event of events(response.body!)) {
    if (!('event' in event)) continue;
    if (event.event === 'hello') hello = event.data;
    else reader.read(event.data);
    if (hello === undefined || !(reader.times.at(-1)! > hello.now)) continue;
    const told = reader.table();
    return { hello, families: reader.families.filter(({ name }) => name in told) };
  }
  throw new Error('the stream has ended');
}

/** The shop's clients retry nothing: only in A66's names such calls have no series, rather than 0. */
const without: Partial<Record<VocabularyName, string[]>> = { grpc: ['client.retries'] };

describeWith(['prometheus', 'prometheus3'], 'what the page says to ask Prometheus', (paths) => {
  const running: RunningPrometheus[] = [];
  const endpoints: MetricsEndpoint[] = [];
  let shop: Shop;
  let named: GrpcMetrics;
  let traffic: Promise<unknown> | undefined;
  let release: () => void = () => {};

  beforeAll(async () => {
    const credentials = grpc.ServerCredentials.createInsecure();
    shop = await openShop({ credentials, host: '127.0.0.1', port: 0, metricsPort: 0 });
    const metrics = new GrpcMetrics({ naming: vocabularyNames, runtime: true });
    endpoints.push(await metrics.expose({ port: 0, host: '127.0.0.1' }));
    // The shop's own, once in each vocabulary, and the clients' in all of them.
    const targets = vocabularyNames.map((name) => ({
      job_name: name,
      metrics_path: '/metrics',
      params: { naming: [name] },
      static_configs: [{ targets: [shop.metricsUrl, endpoints[0]!.url].map((url) => new URL(url).host) }],
    }));
    named = new GrpcMetrics({
      naming: [{ use: 'basic', namespace: 'shop', constantLabels: { env: 'a "test"' } }],
      callLabels: { tenant: { from: () => 'some' } },
    });
    named
      .histogram({ name: 'age_seconds', help: 'x', labelNames: ['of'] })
      .labels({ of: 'x' })
      .observe(1);
    endpoints.push(await named.expose({ port: 0, host: '127.0.0.1' }));
    const ofNamed = {
      job_name: 'named',
      metrics_path: '/metrics',
      static_configs: [{ targets: [new URL(endpoints[1]!.url).host] }],
    };
    const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: [...targets, ofNamed] };
    for (const binary of Object.values(paths)) running.push(await startPrometheus({ binary, config }));
    await Promise.all(running.map((server) => server.waitForScrapes(1)));
    const run = () =>
      new Promise<void>((resolve, reject) => {
        const whileOpen = () => {
          resolve();
          return new Promise<void>((end) => {
            release = end;
          });
        };
        const plan = { ...evenPlan(3), bugInStream: 0 };
        const address = shop.address;
        traffic = runPlan({
          address,
          credentials: grpc.credentials.createInsecure(),
          metrics,
          plan,
          concurrency: 4,
          whileOpen,
        });
        traffic.catch(reject);
      });
    const plan = { ...evenPlan(1), bugInStream: 0 };
    const runNamed = () =>
      runPlan({ address: shop.address, credentials: grpc.credentials.createInsecure(), metrics: named, plan });
    await runNamed();
    await run();
    release();
    await traffic;
    await Promise.all(running.map((server) => server.waitForScrapes(2)));
    await runNamed();
    await run(); // by now every status of clients has its series, whose growth can be seen
    await Promise.all(running.map((server) => server.waitForScrapes(2)));
  }, 90_000);

  afterAll(async () => {
    release();
    await traffic?.catch(() => {});
    await Promise.all(running.map((server) => server.stop()));
    for (const endpoint of endpoints) await endpoint.close();
    await shop?.close();
  });

  test.each(vocabularyNames)('has data in %s', async (name) => {
    const metrics = new GrpcMetrics({ naming: [name], runtime: true });
    const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
    endpoints.push(endpoint);
    const { queries } = await helloAt(endpoint.url);
    expect(Object.keys(queries).length).toBeGreaterThan(12);
    for (const server of running) {
      await settle(async () => {
        const asked = Object.entries(queries).map(([key, query]) => [key, queryOver(query, 300)] as const);
        const answers = await Promise.all(asked.map(([, query]) => server.query(query)));
        const empty = asked.filter((_, index) => !answers[index]!.some(({ value }) => Number.isFinite(value)));
        expect(empty.map(([key]) => key)).toEqual(without[name] ?? []);
      });
    }
  });

  test('has data of all that a scrape has, under the names and with the labels that it has there', async () => {
    const { hello, families } = await toldAt(endpoints[1]!.url);
    const queries = families.flatMap((family) =>
      Object.values(familyChart(family, [], hello.scraped[family.name]).queries),
    );
    const calls = Object.entries(hello.queries).filter(([chart]) => chart.startsWith('client.'));
    expect(calls.length).toBeGreaterThan(8);
    const asked = [...queries, ...calls.map(([, query]) => query)].map((query) => queryOver(query!, 300)); // none is left out
    expect(asked).toContain('rate(shop_grpc_client_requests_total[5m])');
    expect(asked).toContain('histogram_quantile(0.95, sum by (le) (rate(age_seconds_bucket[5m])))');
    expect(asked.filter((query) => /process_|nodejs_/.test(query))).toEqual([]);
    for (const server of running) {
      await settle(async () => {
        const answers = await Promise.all(asked.map((query) => server.query(query)));
        expect(asked.filter((_query, index) => answers[index]!.length === 0)).toEqual([]);
      });
    }
  });
});
