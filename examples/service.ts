import { setTimeout as sleep } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Business } from './business.ts';
import { bidi, clientStream, pause, StatusError, serverStream, unary } from './handlers.ts';
import {
  type CreateOrderRequest,
  type Fault,
  type GetOrderRequest,
  type Item,
  type Offer,
  type Order,
  type OrderUpdate,
  ordersDefinition,
  type State,
  type UploadReceipt,
  type WatchOrderRequest,
} from './proto.ts';

/** How much longer a handler with the fault STALL takes, in milliseconds. */
const STALL_MS = 2000;

const PROGRESS: readonly State[] = ['NEW', 'PACKED', 'SHIPPED', 'DELIVERED'];

/** Adds the shop and the standard health service to the server. `random` gives numbers from 0 to 1, for the latencies. */
export function addShop(
  server: grpc.Server,
  business: Business,
  random: () => number = Math.random,
): HealthImplementation {
  server.addService(ordersDefinition, {
    createOrder: unary(async (call: grpc.ServerUnaryCall<CreateOrderRequest, Order>): Promise<Order> => {
      const { items, fault } = call.request;
      checkItems(items);
      await work(call, fault, random);
      const totalCents = items.reduce((sum, item) => sum + item.quantity * item.priceCents, 0);
      business.operations.labels({ operation_type: 'order_creation' }).inc();
      business.orderValue.observe(totalCents / 100);
      return { id: `o-${totalCents}`, state: 'NEW', totalCents };
    }),

    getOrder: unary(async (call: grpc.ServerUnaryCall<GetOrderRequest, Order>): Promise<Order> => {
      const { id, fault } = call.request;
      checkId(id);
      await work(call, fault, random);
      business.operations.labels({ operation_type: 'order_lookup' }).inc();
      return { id, state: 'SHIPPED', totalCents: 1999 };
    }),

    watchOrder: serverStream(async (call: grpc.ServerWritableStream<WatchOrderRequest, OrderUpdate>) => {
      const { id, updates, intervalMs, fault } = call.request;
      checkId(id);
      business.ordersWatched.inc();
      try {
        for (let update = 0; update < updates && !call.cancelled; update += 1) {
          if (update > 0) await pause(call, intervalMs);
          call.write({ id, state: PROGRESS[update % PROGRESS.length]! });
        }
        if (fault === 'STALL') await pause(call, STALL_MS);
      } finally {
        business.ordersWatched.dec();
      }
    }),

    uploadItems: clientStream(async (call: grpc.ServerReadableStream<Item, UploadReceipt>) => {
      const items: Item[] = [];
      for await (const item of call as AsyncIterable<Item>) items.push(item);
      checkItems(items);
      await work(call, items.at(-1)!.fault, random);
      business.operations.labels({ operation_type: 'item_upload' }).inc();
      return { items: items.length };
    }),

    negotiate: bidi(async (call: grpc.ServerDuplexStream<Offer, Offer>) => {
      let fault: Fault = 'NO_FAULT';
      // `for await` over the call itself would destroy its writing side, too.
      const offers: AsyncIterable<Offer> = call.iterator({ destroyOnReturn: false });
      for await (const offer of offers) {
        fault = offer.fault;
        await pause(call, latencyMs(random) / 4);
        call.write({ priceCents: Math.ceil(offer.priceCents * 1.1), fault: 'NO_FAULT' });
      }
      if (fault === 'STALL') await pause(call, STALL_MS);
      if (!call.cancelled) business.operations.labels({ operation_type: 'negotiation' }).inc();
    }),
  });

  const health = new HealthImplementation({ '': 'SERVING', 'shop.v1.Orders': 'SERVING' });
  health.addToServer(server);
  return health;
}

/** Takes time, as a database would. It does not watch for cancellation: many handlers answer calls that are over. */
async function work(
  call: { readonly cancelled: boolean; sendMetadata(metadata: grpc.Metadata): void },
  fault: Fault,
  random: () => number,
): Promise<void> {
  if (fault === 'STALL') {
    call.sendMetadata(new grpc.Metadata());
    await sleep(STALL_MS, undefined, { ref: false });
    if (call.cancelled) throw new StatusError(grpc.status.ABORTED, 'nobody waits any more');
    return;
  }
  await sleep(latencyMs(random), undefined, { ref: false });
  if (fault === 'DATABASE_DOWN') throw new StatusError(grpc.status.INTERNAL, 'the database does not answer');
}

/** Mostly 3 to 40 ms, one in thirty of them ten times as slow, at most 300 ms. */
function latencyMs(random: () => number): number {
  const usual = 3 - 12 * Math.log(1 - random());
  return Math.min(random() < 1 / 30 ? usual * 10 : usual, 300);
}

function checkId(id: string): void {
  if (id === '') throw new StatusError(grpc.status.INVALID_ARGUMENT, 'id is empty');
  if (!id.startsWith('o-')) throw new StatusError(grpc.status.NOT_FOUND, `there is no order ${id}`);
}

function checkItems(items: readonly Item[]): void {
  if (items.length === 0) throw new StatusError(grpc.status.INVALID_ARGUMENT, 'there are no items');
  const empty = items.find((item) => item.quantity === 0);
  if (empty !== undefined) throw new StatusError(grpc.status.INVALID_ARGUMENT, `${empty.sku}: the quantity is 0`);
}
