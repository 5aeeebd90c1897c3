import * as grpc from '@grpc/grpc-js';
import { GrpcMetrics, type MetricsEndpoint } from 'grpc-vitals';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Books } from '../../examples/books.ts';
import { ordersDefinition } from '../../examples/proto.ts';
import { openShop, type Shop } from '../../examples/shop.ts';
import { evenPlan, runPlan } from '../../examples/traffic.ts';
import { settle } from '../support/compare.ts';
import { allDetails } from '../support/deploy/metrics.ts';
import { deployedQueries, isOfClients, isOfDetails } from '../support/deploy/queries.ts';
import { describeWith } from '../support/servers/binaries.ts';
import type { RunningPrometheus } from '../support/servers/prometheus.ts';
import { clientsJobName, jobName, startDeployed } from './deployed.ts';
import { engines } from './observation.ts';
import { tableOf } from './samples.ts';

const credentials = grpc.credentials.createInsecure();

describeWith([...engines], "what Prometheus says of the shop's clients", (paths) => {
  const metrics = new GrpcMetrics({ service: { name: 'customers', version: '1' } }).preregister(ordersDefinition);
  const running: Record<string, RunningPrometheus> = {};
  let shop: Shop;
  let endpoint: MetricsEndpoint;
  let release: () => void = () => {};
  let traffic: Promise<Books> | undefined;
  /** Calls that the clients made, by path and status, as they say. */
  let calls: Record<string, number>;

  beforeAll(async () => {
    shop = await openShop({
      credentials: grpc.ServerCredentials.createInsecure(),
      host: '127.0.0.1',
      port: 0,
      metricsPort: 0,
      details: allDetails,
    });
    endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
    const [server, clients] = [shop.metricsUrl, endpoint.url].map((url) => new URL(url).host) as [string, string];
    for (const engine of engines) running[engine] = await startDeployed(paths[engine], server, clients);
    await Promise.all(engines.map((engine) => running[engine]!.waitForScrapes(1)));
    // The clients stay connected: a channel that is closed is in no state.
    const books = await new Promise<Books>((resolve, reject) => {
      const whileOpen = (made: Books) => {
        resolve(made);
        return new Promise<void>((end) => {
          release = end;
        });
      };
      const plan = { ...evenPlan(3), bugInStream: 0 };
      traffic = runPlan({ address: shop.address, credentials, metrics, plan, concurrency: 4, whileOpen });
      traffic.catch(reject);
    });
    calls = {};
    for (const [path, statuses] of books.calls) {
      if (path.startsWith('/grpc.health')) continue; // left out on both sides
      for (const [status, count] of statuses) calls[`${path} ${status}`] = count;
    }
    await Promise.all(engines.map((engine) => running[engine]!.waitForScrapes(2)));
  }, 60_000);

  afterAll(async () => {
    release();
    await traffic?.catch(() => {});
    await Promise.all(Object.values(running).map((server) => server.stop()));
    await endpoint?.close();
    await shop?.close();
  });

  describe.each(engines)('%s', (engine) => {
    const ask = (expr: string) => running[engine]!.query(expr);

    test('counts the calls as the clients saw them, in a job of their own', async () => {
      const found = await ask('grpc_client_requests_total > 0');
      expect(tableOf(found, 'method', 'status')).toEqual(calls);
      expect(new Set(found.map(({ labels }) => labels.job))).toEqual(new Set([clientsJobName]));
      expect(tableOf(await ask('sum by (job) (up)'), 'job')).toEqual({ [jobName]: 1, [clientsJobName]: 1 });
      expect(tableOf(await ask('sum(grpc_vitals_errors_total)'))).toEqual({ '': 0 });
    });

    test("has the clients' bytes where the server has them", async () => {
      const [given, got] = await Promise.all([
        ask('sum by (method) (grpc_client_messages_sent_bytes_total)'),
        ask('sum by (method) (grpc_messages_received_bytes_total)'),
      ]);
      const server = tableOf(got, 'method');
      expect(Object.keys(server)).toHaveLength(Object.keys(ordersDefinition).length);
      // What was cancelled may have been sent and not been read; every method has calls that were neither.
      for (const [method, bytes] of Object.entries(server)) {
        expect(bytes, method).toBeGreaterThan(0);
        expect(tableOf(given, 'method')[method], method).toBeGreaterThanOrEqual(bytes);
      }
    });

    test.each([
      ['each panel, each rule and each side of an alert that is about clients', isOfClients, 20],
      ['each panel that is about details', isOfDetails, 6],
    ])('has data for %s', async (_what, isAboutIt, atLeast) => {
      const queries = deployedQueries().filter(isAboutIt);
      expect(queries.length).toBeGreaterThan(atLeast);
      await settle(async () => {
        const answers = await Promise.all(queries.map(ask));
        const empty = queries.filter((_, index) => !answers[index]!.some(({ value }) => Number.isFinite(value)));
        expect(empty).toEqual([]);
      });
    });
  });
});
