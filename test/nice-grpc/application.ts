import { createServer as createHttpServer } from 'node:http';
import { createChannel, createClientFactory, createServer, type ServerMiddleware } from 'nice-grpc';
import { prometheusClientMiddleware, prometheusServerMiddleware, registry } from 'nice-grpc-prometheus';
import { Counter, Registry, register } from 'prom-client';
import { OrdersDefinition, orders } from '../support/nice-grpc/orders.ts';

/*
 * An application written with nice-grpc-prometheus. A test moves it by the steps of `docs/from-nice-grpc-prometheus.md`.
 */

const authorized = new Counter({ name: 'authorized_total', help: 'Authorized calls' });

const authorize: ServerMiddleware = async function* (call, context) {
  authorized.inc();
  return yield* call.next(call.request, context);
};

const server = createServer().use(prometheusServerMiddleware()).use(authorize);
server.add(OrdersDefinition, orders);
const port = await server.listen('127.0.0.1:0');

const channel = createChannel(`127.0.0.1:${port}`);
const clientFactory = createClientFactory().use(prometheusClientMiddleware());
export const client = clientFactory.create(OrdersDefinition, channel);

const merged = Registry.merge([register, registry]);
export const http = createHttpServer((_request, response) => {
  response.setHeader('Content-Type', merged.contentType);
  void merged.metrics().then((text) => response.end(text));
});

export function stop(): void {
  channel.close();
  server.forceShutdown();
  http.close();
  register.clear();
}
