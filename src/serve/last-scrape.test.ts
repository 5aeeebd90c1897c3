import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import type { MetricFamily } from '../core/snapshot.ts';
import { ScrapeStats } from '../scrape/scrape-stats.ts';
import { expose, type MetricsEndpoint } from './endpoint.ts';

const endpoints: MetricsEndpoint[] = [];
const agents: Agent[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy();
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
});

/** An endpoint whose one gauge is read when `reading` resolves. */
async function exposed(value: () => number, reading: () => Promise<void> = async () => {}, tokens?: readonly string[]) {
  const collect = async (): Promise<MetricFamily[]> => {
    const series = [{ labels: {}, value: value() }];
    await reading();
    return [{ name: 'x', type: 'gauge', help: 'X', series }];
  };
  const failed = (error: unknown) => {
    throw error;
  };
  const source = { collect, failed, stats: new ScrapeStats() };
  const endpoint = await expose(source, { port: 0, host: '127.0.0.1', tokens });
  endpoints.push(endpoint);
  return endpoint;
}

/** Scrapes as Prometheus does: over one connection, and with its timeout. */
function prometheus(endpoint: MetricsEndpoint) {
  const agent = new Agent({ keepAlive: true });
  agents.push(agent);
  const headers = { 'user-agent': 'Prometheus/3.5.0', 'x-prometheus-scrape-timeout-seconds': '10' };
  return async (method = 'GET', more: Record<string, string> = {}): Promise<string> => {
    const asked = request(`${endpoint.url}/metrics`, { agent, method, headers: { ...headers, ...more } }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage]; // as documented
    return text(response);
  };
}

/** Whether the promise is still pending when the event loop has had some turns. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  const wait = async () => {
    await promise;
    pending = false;
  };
  void wait();
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return pending;
}

test('the scrape that ends the wait has what was recorded before it', async () => {
  let value = 1;
  let release = () => {};
  let begun = () => {};
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let isFirst = true;
  const endpoint = await exposed(
    () => value,
    async () => {
      if (!isFirst) return;
      isFirst = false;
      begun();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    },
  );
  // This one has read its numbers, and is not sent yet.
  const early = prometheus(endpoint)();
  await hasBegun;
  value = 2;
  const last = endpoint.lastScrape({ timeoutSeconds: 60 });
  // Renderings at the same time are shared, but not with one that began before.
  expect(await prometheus(endpoint)()).toContain('x 2\n');
  expect(await last).toBe(true);
  release();
  expect(await early).toContain('x 1\n');
});

const others: [name: string, ask: (endpoint: MetricsEndpoint) => Promise<unknown>][] = [
  ['a curl', async (endpoint) => (await fetch(`${endpoint.url}/metrics`)).text()],
  ['a probe', async (endpoint) => (await fetch(`${endpoint.url}/-/healthy`)).text()],
  ['the head alone', async (endpoint) => prometheus(endpoint)('HEAD')],
  [
    'a scrape that is refused',
    async (endpoint) => prometheus({ ...endpoint, url: `${endpoint.url}/metrics?naming=x#` })(),
  ],
];
test.each(others)('%s does not end the wait', async (_name, ask) => {
  const endpoint = await exposed(() => 1);
  const last = endpoint.lastScrape({ timeoutSeconds: 60 }); // nobody has come yet: for the first Prometheus
  await ask(endpoint);
  expect(await isPending(last)).toBe(true);
  await prometheus(endpoint)();
  expect(await last).toBe(true);
});

test('of an endpoint with tokens only a scrape that is let in ends the wait', async () => {
  const token = 'a-token-of-16-characters';
  const endpoint = await exposed(() => 1, undefined, [token]);
  const last = endpoint.lastScrape({ timeoutSeconds: 60 });
  expect(await prometheus(endpoint)()).not.toContain('x 1');
  expect(await isPending(last)).toBe(true);
  expect(await prometheus(endpoint)('GET', { authorization: `Bearer ${token}` })).toContain('x 1');
  expect(await last).toBe(true);
});

test('close ends the wait', async () => {
  const endpoint = await exposed(() => 1);
  const last = endpoint.lastScrape();
  await endpoint.close();
  expect(await last).toBe(false);
  expect(await endpoint.lastScrape()).toBe(false);
});

const wrong: [options: object, message: string][] = [
  [{ timeout: 5 }, 'lastScrape(): unknown option "timeout", did you mean "timeoutSeconds"?'],
  [{ timeoutSeconds: '5' }, 'timeoutSeconds must be a number from 0.001 to 3600, not "5"'],
  [{ timeoutSeconds: Number.NaN }, 'timeoutSeconds must be a number from 0.001 to 3600, not NaN'],
];
test.each(wrong)('%o is refused', async (options, message) => {
  const endpoint = await exposed(() => 1);
  await expect(endpoint.lastScrape(options)).rejects.toMatchObject({ code: 'invalid_option', message });
});
