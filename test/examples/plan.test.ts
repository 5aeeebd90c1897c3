import * as grpc from '@grpc/grpc-js';
import { GrpcMetrics } from 'grpc-vitals';
import { afterEach, expect, test } from 'vitest';
import { countOf } from '../../examples/books.ts';
import { declareBusiness } from '../../examples/business.ts';
import { exactScenarios, scenarios } from '../../examples/scenarios.ts';
import { addShop } from '../../examples/service.ts';
import { evenPlan, plannedBooks, runPlan, runTraffic } from '../../examples/traffic.ts';

const credentials = grpc.credentials.createInsecure();
const servers: grpc.Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.forceShutdown();
});

/** The shop on a server that nobody observes; the business metrics count all the same. */
async function openBareShop(): Promise<{ address: string; business: () => Record<string, number> }> {
  const server = new grpc.Server();
  servers.push(server);
  const metrics = new GrpcMetrics();
  addShop(server, declareBusiness(metrics));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    business: () =>
      Object.fromEntries(
        metrics
          .collect()
          .flatMap((family) => (family.type === 'counter' || family.type === 'gauge' ? [family] : []))
          .filter(({ name }) => name.startsWith('business_'))
          .flatMap(({ name, series }) =>
            series.map(({ labels, value }) => [labels.operation_type ?? name, value] as const),
          ),
      ),
  };
}

test('the books of a plan are exactly as planned', async () => {
  const { address, business } = await openBareShop();
  const plan = evenPlan(3);
  const { seconds, ...books } = await runPlan({ address, credentials, plan, connections: 2 });
  expect(books).toEqual(plannedBooks(plan, 2));
  expect(business()).toEqual({
    order_creation: 6,
    order_lookup: 3,
    item_upload: 3,
    negotiation: 3,
    business_orders_watched: 0,
  });
  const measured = Array.from(seconds, ([method, durations]) => [method, durations.length]);
  const methods = Array.from(books.calls.keys());
  expect(new Map(measured as [string, number][])).toEqual(
    new Map(methods.map((method) => [method, countOf({ ...books, seconds }, method)])),
  );
});

test("a plan's clients count what is in the books", async () => {
  const { address } = await openBareShop();
  const metrics = new GrpcMetrics({ exclude: [] });
  const books = await runPlan({ address, credentials, metrics, plan: evenPlan(2), connections: 2 });
  const numbers = (name: string) =>
    metrics
      .collect()
      .flatMap((family) => (family.name === name && family.type === 'counter' ? [...family.series] : []))
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => [Object.values(labels).join(' '), value] as const);
  const calls = [...books.calls].flatMap(([method, statuses]) =>
    [...statuses].map(([status, count]) => [`${method} ${status}`, count] as const),
  );
  expect(new Map(numbers('grpc_client_requests_total'))).toEqual(new Map(calls));
  expect(new Map(numbers('grpc_client_messages_sent_total'))).toEqual(books.messagesSent);
  const received = [...books.messagesReceived].filter(([, count]) => count > 0);
  expect(new Map(numbers('grpc_client_messages_received_total'))).toEqual(new Map(received));
});

test.each(exactScenarios)('scenario %s ends as it says', async (name) => {
  const { address } = await openBareShop();
  const { seconds: _, ...books } = await runPlan({ address, credentials, plan: { [name]: 2 }, connections: 1 });
  expect(books).toEqual(plannedBooks({ [name]: 2 }, 1));
});

test('a plan has every kind of method, and every status but those of a server in trouble', () => {
  const all = exactScenarios.map((name) => scenarios[name]);
  expect(new Set(all.map(({ status }) => status))).toEqual(
    new Set([
      'OK',
      'NOT_FOUND',
      'INVALID_ARGUMENT',
      'UNKNOWN',
      'INTERNAL',
      'DEADLINE_EXCEEDED',
      'CANCELLED',
      'UNIMPLEMENTED',
    ]),
  );
});

test('whileOpen sees the books before the connections close', async () => {
  const { address } = await openBareShop();
  const calls: number[] = [];
  await runPlan({
    address,
    credentials,
    plan: { getOrder: 4 },
    whileOpen: (books) => void calls.push(countOf(books)),
  });
  expect(calls).toEqual([4 + 3]);
});

test('traffic runs until the signal and leaves no call behind', async () => {
  const { address, business } = await openBareShop();
  const signal = AbortSignal.timeout(1500);
  const books = await runTraffic({ address, credentials, signal, rate: 200, connections: 2, longStreamSeconds: 1 });
  expect(countOf(books)).toBeGreaterThan(100);
  expect(books.connections).toBe(2);
  // The server learns of the last cancellations a moment later.
  await expect.poll(() => business().business_orders_watched).toBe(0);
});
