import type { status } from '@grpc/grpc-js';

/** gRPC's name of a status: `OK`, `NOT_FOUND`, ... */
export type StatusName = keyof typeof status;

/** One call as a client makes it, and how it ends: the same on both sides, unless `racy`. */
export interface Scenario {
  /** The path: `/package.Service/Method`. */
  readonly method: string;
  readonly requests: readonly object[];
  readonly status: StatusName;
  /** Messages that come back before the status. */
  readonly replies: number;
  /** The client cancels as soon as it has seen the headers, or this many replies: then the server has surely begun. */
  readonly cancelAfter?: 'headers' | number;
  /**
   * Deadline that only the server watches, in milliseconds: sent as `grpc-timeout`, so that the server's answer is the
   * one status of the call. With a deadline of its own a client gives up at the same moment as the server, and resets the
   * stream; which comes first is chance.
   */
  readonly serverDeadlineMs?: number;
  /** The usual deadline, which the client watches, too. In milliseconds. */
  readonly deadlineMs?: number;
  /** The server may record another status than the client, for the reason above. */
  readonly racy?: true;
  /** Share of the traffic, relative to the others'. */
  readonly weight: number;
}

const ORDERS = '/shop.v1.Orders';
const HEALTH_CHECK = '/grpc.health.v1.Health/Check';

const item = { sku: 'tea-500', quantity: 2, priceCents: 1250 };
const emptyItem = { sku: 'tea-500', quantity: 0, priceCents: 1250 };
const offers = [{ priceCents: 1000 }, { priceCents: 1100 }, { priceCents: 1200 }];

/** Every way a call ends that clients and a healthy server can agree on, and those that they cannot (`racy`). */
export const scenarios = {
  createOrder: { method: `${ORDERS}/CreateOrder`, requests: [{ items: [item] }], status: 'OK', replies: 1, weight: 20 },
  createBigOrder: {
    method: `${ORDERS}/CreateOrder`,
    requests: [{ items: [item, { sku: 'pot-1', quantity: 8, priceCents: 3900 }] }],
    status: 'OK',
    replies: 1,
    weight: 5,
  },
  getOrder: { method: `${ORDERS}/GetOrder`, requests: [{ id: 'o-1' }], status: 'OK', replies: 1, weight: 40 },
  watchOrder: {
    method: `${ORDERS}/WatchOrder`,
    requests: [{ id: 'o-1', updates: 4, intervalMs: 50 }],
    status: 'OK',
    replies: 4,
    weight: 8,
  },
  uploadItems: {
    method: `${ORDERS}/UploadItems`,
    requests: [item, item, item],
    status: 'OK',
    replies: 1,
    weight: 6,
  },
  negotiate: { method: `${ORDERS}/Negotiate`, requests: offers, status: 'OK', replies: 3, weight: 6 },

  notFound: { method: `${ORDERS}/GetOrder`, requests: [{ id: 'x-1' }], status: 'NOT_FOUND', replies: 0, weight: 3 },
  noItems: { method: `${ORDERS}/CreateOrder`, requests: [{}], status: 'INVALID_ARGUMENT', replies: 0, weight: 1 },
  emptyItem: {
    method: `${ORDERS}/UploadItems`,
    requests: [item, emptyItem, item],
    status: 'INVALID_ARGUMENT',
    replies: 0,
    weight: 0.5,
  },
  watchNothing: {
    method: `${ORDERS}/WatchOrder`,
    requests: [{ id: 'x-1', updates: 4 }],
    status: 'NOT_FOUND',
    replies: 0,
    weight: 0.5,
  },
  bug: { method: `${ORDERS}/CreateOrder`, requests: [fault('BUG')], status: 'UNKNOWN', replies: 0, weight: 0.5 },
  bugInStream: {
    method: `${ORDERS}/WatchOrder`,
    requests: [{ id: 'o-1', updates: 4, fault: 'BUG' }],
    status: 'UNKNOWN',
    replies: 0,
    weight: 0.1,
  },
  databaseDown: {
    method: `${ORDERS}/GetOrder`,
    requests: [{ id: 'o-1', fault: 'DATABASE_DOWN' }],
    status: 'INTERNAL',
    replies: 0,
    weight: 0.4,
  },

  deadline: {
    method: `${ORDERS}/GetOrder`,
    requests: [{ id: 'o-1', fault: 'STALL' }],
    status: 'DEADLINE_EXCEEDED',
    replies: 0,
    serverDeadlineMs: 300,
    weight: 0.3,
  },
  deadlineInStream: {
    method: `${ORDERS}/WatchOrder`,
    requests: [{ id: 'o-1', updates: 1, fault: 'STALL' }],
    status: 'DEADLINE_EXCEEDED',
    replies: 1,
    serverDeadlineMs: 400,
    weight: 0.1,
  },
  clientDeadline: {
    method: `${ORDERS}/GetOrder`,
    requests: [{ id: 'o-1', fault: 'STALL' }],
    status: 'DEADLINE_EXCEEDED',
    replies: 0,
    deadlineMs: 250,
    racy: true,
    weight: 0.2,
  },
  cancel: {
    method: `${ORDERS}/CreateOrder`,
    requests: [fault('STALL')],
    status: 'CANCELLED',
    replies: 0,
    cancelAfter: 'headers',
    weight: 1,
  },
  cancelUpload: {
    method: `${ORDERS}/UploadItems`,
    requests: [item, { ...item, fault: 'STALL' }],
    status: 'CANCELLED',
    replies: 0,
    cancelAfter: 'headers',
    weight: 0.2,
  },
  cancelWatch: {
    method: `${ORDERS}/WatchOrder`,
    requests: [{ id: 'o-1', updates: 2, intervalMs: 10, fault: 'STALL' }],
    status: 'CANCELLED',
    replies: 2,
    cancelAfter: 2,
    weight: 1,
  },
  cancelNegotiation: {
    method: `${ORDERS}/Negotiate`,
    requests: [{ priceCents: 1000, fault: 'STALL' }],
    status: 'CANCELLED',
    replies: 1,
    cancelAfter: 1,
    weight: 0.5,
  },

  unknownMethod: { method: `${ORDERS}/Refund`, requests: [{}], status: 'UNIMPLEMENTED', replies: 0, weight: 0.3 },
  unknownService: {
    method: '/shop.v1.Invoices/Send',
    requests: [{}],
    status: 'UNIMPLEMENTED',
    replies: 0,
    weight: 0.2,
  },
  health: { method: HEALTH_CHECK, requests: [{ service: 'shop.v1.Orders' }], status: 'OK', replies: 1, weight: 3 },
  healthOfNothing: {
    method: HEALTH_CHECK,
    requests: [{ service: 'shop.v1.Invoices' }],
    status: 'NOT_FOUND',
    replies: 0,
    weight: 0.2,
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

/** The names of all scenarios whose counts must be the same on both sides. */
export const exactScenarios: readonly ScenarioName[] = (Object.keys(scenarios) as ScenarioName[]).filter(
  (name) => !('racy' in scenarios[name]),
);

/** A customer who follows an order for `seconds`: one update every half second. */
export function longWatch(seconds: number): Scenario {
  const updates = Math.max(1, Math.round(seconds * 2));
  return {
    method: `${ORDERS}/WatchOrder`,
    requests: [{ id: 'o-1', updates, intervalMs: 500 }],
    status: 'OK',
    replies: updates,
    weight: 0,
  };
}

function fault(name: 'BUG' | 'STALL') {
  return { items: [item], fault: name };
}
