import { mergeNative } from '../core/native-histogram-merge.ts';
import type { Collector } from '../core/registry.ts';
import type { HistogramSeries, Labels, LiveFamily, NativeBuckets, NumberSeries } from '../core/snapshot.ts';
import type { Method } from '../rpc/method.ts';
import { rejections, type ServerStore } from '../rpc/server-store.ts';
import { serverFaults, status, statusNames } from '../rpc/status.ts';
import type { CallStore } from '../rpc/store.ts';

const requests = {
  name: 'grpc_requests_total',
  type: 'counter',
  help: 'Total gRPC requests',
} as const;

/** Seconds from the arrival of the request's headers to its end: trailers sent, or the call cut off. */
const requestDuration = {
  name: 'grpc_request_duration_seconds',
  type: 'histogram',
  help: 'Request duration',
} as const;

/** Requests that did not end OK, by the class of the handler's exception where it is known, else by status. */
const errors = {
  name: 'grpc_errors_total',
  type: 'counter',
  help: 'Total gRPC errors',
} as const;

/** Open HTTP/2 connections. */
const activeConnections = {
  name: 'grpc_active_connections',
  type: 'gauge',
  help: 'Active connections',
} as const;

const requestsInFlight = {
  name: 'grpc_requests_in_flight',
  type: 'gauge',
  help: 'Requests that have started and not ended',
} as const;

const messagesReceived = {
  name: 'grpc_messages_received_total',
  type: 'counter',
  help: 'Request messages received',
} as const;

const messagesSent = {
  name: 'grpc_messages_sent_total',
  type: 'counter',
  help: 'Response messages sent',
} as const;

/** Serialized, before compression and without framing. Only of methods whose sizes are seen: those of an instrumented server. */
const messagesReceivedBytes = {
  name: 'grpc_messages_received_bytes_total',
  type: 'counter',
  help: 'Bytes of request messages received, serialized and uncompressed',
  unit: 'bytes',
} as const;

const messagesSentBytes = {
  name: 'grpc_messages_sent_bytes_total',
  type: 'counter',
  help: 'Bytes of response messages sent, serialized and before compression',
  unit: 'bytes',
} as const;

/** Seconds from the arrival of the request's headers to the first response being written, of methods whose responses stream. */
const timeToFirstMessage = {
  name: 'grpc_time_to_first_message_seconds',
  type: 'histogram',
  help: 'Time to the first response message of a stream',
} as const;

/** Handlers of unary and client streaming methods that answered when the call was over: work that nobody got. */
const requestsAbandoned = {
  name: 'grpc_requests_abandoned_total',
  type: 'counter',
  help: 'Requests answered after the client had left or the deadline had passed',
} as const;

/** What was turned away before it was an RPC: wrong content type (HTTP 415), not HTTP/2, failed TLS handshake. */
const rejected = {
  name: 'grpc_rejected_total',
  type: 'counter',
  help: 'Requests and connections rejected before they were an RPC',
} as const;

/**
 * The default vocabulary: the store's numbers under the names of README.md.
 *
 * A registered method has its series before its first call: zeros for OK and for what counts as the server's fault,
 * so that ratios are 0 rather than absent and the first failure shows in `rate()`.
 */
export function basic(store: ServerStore): Collector {
  return {
    families: [
      requests,
      requestDuration,
      errors,
      activeConnections,
      requestsInFlight,
      messagesReceived,
      messagesSent,
      messagesReceivedBytes,
      messagesSentBytes,
      timeToFirstMessage,
      requestsAbandoned,
      rejected,
    ],
    collect: () => project(store),
  };
}

function project(store: ServerStore): LiveFamily[] {
  return [
    { ...requests, series: perMethod(store, requestSeries) },
    { ...requestDuration, series: perMethod(store, (method) => [durationSeries(method, store)]) },
    { ...errors, series: perMethod(store, errorSeries) },
    { ...activeConnections, series: [{ labels: {}, value: store.connections }] },
    { ...requestsInFlight, series: perMethod(store, inFlightSeries) },
    { ...messagesReceived, series: counterSeries(store, (method) => method.messagesReceived) },
    { ...messagesSent, series: counterSeries(store, (method) => method.messagesSent) },
    {
      ...messagesReceivedBytes,
      series: perMethod(
        store,
        measured((method) => method.bytesReceived),
      ),
    },
    {
      ...messagesSentBytes,
      series: perMethod(
        store,
        measured((method) => method.bytesSent),
      ),
    },
    { ...timeToFirstMessage, series: perMethod(store, firstMessageSeries) },
    { ...requestsAbandoned, series: counterSeries(store, (method) => method.abandoned) },
    { ...rejected, series: rejections.map((reason) => ({ labels: { reason }, value: store.rejected[reason] })) },
  ];
}

export function* perMethod<Series>(
  store: CallStore,
  read: (method: Method) => readonly Series[],
): Generator<Series, void> {
  for (const method of store.methods()) yield* read(method);
}

export function counterSeries(store: CallStore, read: (method: Method) => number): Generator<NumberSeries, void> {
  return perMethod(store, (method) => [counterOf(method, read)]);
}

function counterOf(method: Method, read: (method: Method) => number): NumberSeries {
  return { labels: { method: method.path, ...method.labels }, value: read(method), created: method.created };
}

/** No series, rather than 0, where sizes are not seen. */
function measured(read: (method: Method) => number): (method: Method) => NumberSeries[] {
  return (method) => (method.isMeasured ? [counterOf(method, read)] : []);
}

export function firstMessageSeries({ path, labels, created, firstMessages }: Method): HistogramSeries[] {
  return firstMessages === undefined ? [] : [{ ...firstMessages.live({ method: path, ...labels }), created }];
}

export function inFlightSeries(method: Method): NumberSeries[] {
  return [{ labels: { method: method.path, ...method.labels }, value: method.inFlight }];
}

/** Statuses that have a series from the start. */
const expected: readonly number[] = [status.OK, ...serverFaults];

/** Calls by status, or what is counted like them. */
export type Outcomes = Pick<Method, 'path' | 'labels' | 'created' | 'outcome'>;

export function requestSeries(method: Outcomes): NumberSeries[] {
  return statusNames.flatMap((name, code) => {
    const outcome = method.outcome(code);
    if (outcome === undefined && !expected.includes(code)) return [];
    const value = outcome?.durations.count ?? 0;
    const labels = { method: method.path, status: name, ...method.labels };
    return [{ labels, value, created: createdAt(method, code), exemplar: outcome?.exemplar }];
  });
}

/** When the series of a status came to be: with its method, or with its first call. */
function createdAt(method: Outcomes, code: number): number {
  const outcome = expected.includes(code) ? undefined : method.outcome(code);
  return outcome?.created ?? method.created;
}

export function errorSeries(method: Method): NumberSeries[] {
  const byType = new Map<string, { value: number; created: number }>();
  const add = (type: string, count: number, created: number) => {
    const known = byType.get(type);
    byType.set(type, { value: (known?.value ?? 0) + count, created: Math.min(known?.created ?? Infinity, created) });
  };
  for (const [code, name] of statusNames.entries()) {
    if (code === status.OK) continue;
    const outcome = method.outcome(code);
    if (outcome === undefined && !expected.includes(code)) continue;
    let unexplained = outcome?.durations.count ?? 0;
    for (const [type, count] of outcome?.errorTypes ?? []) {
      // The method's time, since a class may come under one status first and under an older one later.
      add(type, count, method.created);
      unexplained -= count;
    }
    add(name, unexplained, createdAt(method, code));
  }
  return Array.from(byType, ([type, numbers]) => ({
    labels: { method: method.path, error_type: type, ...method.labels },
    ...numbers,
  }));
}

export function durationSeries(method: Outcomes, { bounds, emptyNative }: CallStore): HistogramSeries {
  const labels: Labels = { method: method.path, ...method.labels };
  const buckets = Array.from({ length: bounds.length + 1 }, () => 0);
  const natives: NativeBuckets[] = [];
  let exemplars: BucketExemplars;
  let sum = 0;
  for (const code of statusNames.keys()) {
    const durations = method.outcome(code)?.durations.live(labels);
    if (durations === undefined) continue;
    for (let index = 0; index < buckets.length; index += 1) buckets[index]! += durations.buckets[index]!;
    sum += durations.sum;
    exemplars = newest(exemplars, durations.exemplars);
    if (durations.native !== undefined) natives.push(durations.native);
  }
  const native = emptyNative && mergeNative([emptyNative, ...natives]);
  return { labels, bounds, buckets, sum, native, created: method.created, exemplars };
}

type BucketExemplars = HistogramSeries['exemplars'];

/** Of each bucket the later exemplar of the two. */
function newest(some: BucketExemplars, others: BucketExemplars): BucketExemplars {
  if (some === undefined || others === undefined) return some ?? others;
  return some.map((one, index) => {
    const other = others[index];
    return one !== undefined && (other === undefined || one.timestamp >= other.timestamp) ? one : other;
  });
}
