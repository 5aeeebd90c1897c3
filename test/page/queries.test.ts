import * as grpc from '@grpc/grpc-js';
import { GrpcMetrics, type MetricsEndpoint } from 'grpc-vitals';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop } from '../../examples/shop.ts';
import { evenPlan, runPlan } from '../../examples/traffic.ts';
import { type VocabularyName, vocabularyNames } from '../../src/naming/vocabulary.ts';
import type { Hello } from '../../src/serve/live/protocol.ts';
import { settle } from '../e2e/compare.ts';
import { describeWith } from '../servers/binaries.ts';
import { type RunningPrometheus, startPrometheus } from '../servers/prometheus.ts';
import { events } from './reader.ts';

async function helloAt(url: string): Promise<Hello> {
  const response = await fetch(`${url}/live`);
  for await (const event of events(response.body!)) if ('event' in event && event.event === 'hello') return event.data;
  throw new Error('no hello');
}

/** The shop's clients retry nothing: only in A66's names such calls have no series, rather than 0. */
const without: Partial<Record<VocabularyName, string[]>> = { grpc: ['client.retries'] };

describeWith(['prometheus', 'prometheus3'], 'what the page says to ask Prometheus', (paths) => {
  const running: RunningPrometheus[] = [];
  const endpoints: MetricsEndpoint[] = [];
  let shop: Shop;
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
    const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: targets };
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
    await run();
    release();
    await traffic;
    await Promise.all(running.map((server) => server.waitForScrapes(2)));
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
        const asked = Object.entries(queries);
        const answers = await Promise.all(asked.map(([, query]) => server.query(query)));
        const empty = asked.filter((_, index) => !answers[index]!.some(({ value }) => Number.isFinite(value)));
        expect(empty.map(([key]) => key)).toEqual(without[name] ?? []);
      });
    }
  });
});
