import { fileURLToPath } from 'node:url';
import type * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { service as healthDefinition } from 'grpc-health-check';

const definitions = loadSync(fileURLToPath(new URL('shop.proto', import.meta.url)), {
  longs: Number,
  enums: String,
  defaults: true,
});

/** The service of `shop.proto`, as grpc-js wants it. */
export const ordersDefinition = definitions['shop.v1.Orders'] as unknown as grpc.ServiceDefinition; // the loader's type names every kind of definition

/** All methods that the example knows, by path (`/package.Service/Method`). */
export const methods: ReadonlyMap<string, grpc.MethodDefinition<object, object>> = new Map(
  [ordersDefinition, healthDefinition as grpc.ServiceDefinition].flatMap((service) =>
    Object.values(service).map((method) => [method.path, method as grpc.MethodDefinition<object, object>] as const),
  ),
);

/** What is to go wrong inside the handler; see `shop.proto`. */
export type Fault = 'NO_FAULT' | 'BUG' | 'DATABASE_DOWN' | 'STALL';
export type State = 'NEW' | 'PACKED' | 'SHIPPED' | 'DELIVERED';

export interface Item {
  sku: string;
  quantity: number;
  priceCents: number;
  fault: Fault;
}
export interface CreateOrderRequest {
  items: Item[];
  fault: Fault;
}
export interface GetOrderRequest {
  id: string;
  fault: Fault;
}
export interface WatchOrderRequest {
  id: string;
  updates: number;
  intervalMs: number;
  fault: Fault;
}
export interface Order {
  id: string;
  state: State;
  totalCents: number;
}
export interface OrderUpdate {
  id: string;
  state: State;
}
export interface UploadReceipt {
  items: number;
}
export interface Offer {
  priceCents: number;
  fault: Fault;
}
