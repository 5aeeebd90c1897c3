import { GrpcMetrics } from 'grpc-vitals';
import { instrumentClients, instrumentServer } from 'grpc-vitals/nice-grpc';
import { createChannel, createClientFactory, createServer, ServerError, Status } from 'nice-grpc';
import { type GetOrderRequest, type Order, ordersDefinition } from './proto.ts';

/*
 * A service of nice-grpc and a client of it in one process, with the metrics of both sides: `node --import tsx examples/nice-grpc.ts`.
 */

const { GetOrder, WatchOrder } = ordersDefinition;
/** ts-proto generates such a definition. The one of `shop.proto` is loaded, and its types do not say what streams. */
const definition = {
  getOrder: { ...GetOrder!, requestStream: false, responseStream: false },
  watchOrder: { ...WatchOrder!, requestStream: false, responseStream: true },
} as const;

const metrics = new GrpcMetrics({ service: { name: 'shop', version: '1.0.0' } });

const server = instrumentServer(metrics, createServer);
server.add(definition, {
  async getOrder({ id }: GetOrderRequest): Promise<Partial<Order>> {
    if (id === 'o-bug') throw new TypeError('a bug in the handler');
    if (!id.startsWith('o-')) throw new ServerError(Status.NOT_FOUND, `no order ${id}`);
    return { id, state: 'PACKED' };
  },
  async *watchOrder({ id }: GetOrderRequest) {
    yield { id, state: 'PACKED' };
    yield { id, state: 'SHIPPED' };
  },
});
const port = await server.listen('127.0.0.1:0');

const channel = createChannel(`127.0.0.1:${port}`);
const client = instrumentClients(metrics, createClientFactory()).create(definition, channel);
for (const id of ['o-1', 'o-2', 'unknown', 'o-bug']) await client.getOrder({ id }).catch(() => {});
for await (const _ of client.watchOrder({ id: 'o-1' }));

const { body } = await metrics.render();
const lines = String(body).split('\n');
console.log(
  lines.filter((line) => /^grpc_(client_)?(requests|errors|messages_sent)_total.* [1-9]/.test(line)).join('\n'),
);

channel.close();
await server.shutdown();
await metrics.close();
