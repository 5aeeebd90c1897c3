import type { Collector } from '../../core/registry.ts';
import type { HistogramSeries, Labels, LiveFamily, NumberSeries } from '../../core/snapshot.ts';
import type { MethodNumbers } from '../../rpc/methods/method-numbers.ts';
import { rejections, type ServerStore } from '../../rpc/server-store.ts';
import { serverFaults, status, statusNames } from '../../rpc/status.ts';
import type { CallStore } from '../../rpc/store.ts';
import type { ServerNames } from '../call-names.ts';
import {
  counterSeries,
  durationsWithin,
  histogramsWithin,
  type LabelsOf,
  type Outcomes,
  perMethod,
  type ReadHistograms,
} from '../projection.ts';
import { callDetails, isApart, openStreams, openStreamsName, serverSide } from './basic-details.ts';

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

/**
 * Async handlers that rejected, when they did: grpc-js then leaves the call to its deadline or its client. Seen on
 * instrumented servers for native async functions.
 */
const handlerRejections = {
  name: 'grpc_handler_rejections_total',
  type: 'counter',
  help: 'Async handlers that rejected, which ends no request',
} as const;

/** What was turned away before it was an RPC: wrong content type (HTTP 415), not HTTP/2, failed TLS handshake. */
const rejected = {
  name: 'grpc_rejected_total',
  type: 'counter',
  help: 'Requests and connections rejected before they were an RPC',
} as const;

export const basicServerNames: ServerNames = {
  requests: requests.name,
  durations: requestDuration.name,
  inFlight: requestsInFlight.name,
  streams: openStreamsName(serverSide),
  received: messagesReceived.name,
  sent: messagesSent.name,
  connections: activeConnections.name,
  methodLabel: 'method',
  statusLabel: 'status',
};

/**
 * The default vocabulary: the store's numbers under the names of README.md.
 *
 * A registered method has its series before its first call: zeros for OK and for what counts as the server's fault,
 * so that ratios are 0 rather than absent and the first failure shows in `rate()`.
 */
export function basic(store: ServerStore, bounds: readonly number[] = store.bounds): Collector {
  const within = histogramsWithin(store, bounds);
  const durations = durationsWithin(store, bounds);
  const streams = openStreams(store, labelsOf, serverSide);
  const more = callDetails(store, labelsOf, serverSide);
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
      ...streams.families,
      requestsAbandoned,
      handlerRejections,
      rejected,
      ...more.families,
    ],
    collect: (): LiveFamily[] => [
      { ...requests, series: perMethod(store, requestSeries) },
      { ...requestDuration, series: durationSeries(store, durations) },
      { ...errors, series: perMethod(store, errorSeries) },
      { ...activeConnections, series: [{ labels: {}, value: store.connections }] },
      { ...requestsInFlight, series: perMethod(store, inFlightSeries) },
      { ...messagesReceived, series: counterSeries(store, labelsOf, (method) => method.messagesReceived) },
      { ...messagesSent, series: counterSeries(store, labelsOf, (method) => method.messagesSent) },
      { ...messagesReceivedBytes, series: perMethod(store, measured(bytesReceivedOf)) },
      { ...messagesSentBytes, series: perMethod(store, measured(bytesSentOf)) },
      { ...timeToFirstMessage, series: perMethod(store, firstMessageSeries(within)) },
      ...streams.collect(),
      { ...requestsAbandoned, series: counterSeries(store, labelsOf, (method) => method.abandoned) },
      { ...handlerRejections, series: counterSeries(store, labelsOf, (method) => method.rejections) },
      { ...rejected, series: rejections.map((reason) => ({ labels: { reason }, value: store.rejected[reason] })) },
      ...more.collect(),
    ],
  };
}

/** Every label of both sides. */
export const basicLabels: readonly string[] = ['method', 'status', 'error_type', 'reason', 'target', 'state'];

export const labelsOf: LabelsOf = ({ path, labels }) => ({ method: path, ...labels });

/** Without the streams, where they are apart. */
export function durationSeries(
  store: CallStore,
  read: (method: MethodNumbers, labels: Labels) => HistogramSeries,
): Generator<HistogramSeries, void> {
  return perMethod(store, (method) => (isApart(store, method) ? [] : [read(method, labelsOf(method))]));
}

export function inFlightSeries(method: MethodNumbers): NumberSeries[] {
  return [{ labels: labelsOf(method), value: method.inFlight }];
}

const bytesReceivedOf = (method: MethodNumbers) => method.bytesReceived;
const bytesSentOf = (method: MethodNumbers) => method.bytesSent;

/** No series, rather than 0, where sizes are not seen. */
function measured(read: (method: MethodNumbers) => number): (method: MethodNumbers) => NumberSeries[] {
  return (method) => {
    return method.isMeasured ? [{ labels: labelsOf(method), value: read(method), created: method.created }] : [];
  };
}

export function firstMessageSeries(within: ReadHistograms): (method: MethodNumbers) => HistogramSeries[] {
  return (method) => {
    const { firstMessages, created } = method;
    return firstMessages === undefined ? [] : [within([firstMessages], labelsOf(method), created)];
  };
}

/** Statuses that have a series from the start. */
const expected: readonly number[] = [status.OK, ...serverFaults];
/** By code. */
const isExpected: readonly boolean[] = statusNames.map((_, code) => expected.includes(code));

export function requestSeries(method: Outcomes): NumberSeries[] {
  const series: NumberSeries[] = [];
  const own = labelsOf(method);
  for (let code = 0; code < statusNames.length; code += 1) {
    const outcome = method.outcome(code);
    if (outcome === undefined && !isExpected[code]) continue;
    const value = outcome?.durations.count ?? 0;
    const labels = { ...own, status: statusNames[code]! };
    series.push({ labels, value, created: createdAt(method, code), exemplar: outcome?.exemplar });
  }
  return series;
}

/** When the series of a status came to be: with its method, or with its first call. */
function createdAt(method: Outcomes, code: number): number {
  const outcome = isExpected[code] ? undefined : method.outcome(code);
  return outcome?.created ?? method.created;
}

export function errorSeries(method: MethodNumbers): NumberSeries[] {
  const series: { labels: Labels; value: number; created: number }[] = [];
  const own = labelsOf(method);
  const byType = new Map<string, (typeof series)[number]>();
  const add = (type: string, value: number, created: number) => {
    const known = byType.get(type);
    if (known === undefined) {
      const one = { labels: { ...own, error_type: type }, value, created };
      byType.set(type, one);
      series.push(one);
    } else {
      known.value += value;
      known.created = Math.min(known.created, created);
    }
  };
  for (let code = 0; code < statusNames.length; code += 1) {
    const outcome = method.outcome(code);
    if (code === status.OK || (outcome === undefined && !isExpected[code])) continue;
    let unexplained = outcome?.durations.count ?? 0;
    for (const [type, count] of outcome?.errorTypes ?? []) {
      // The method's time, since a class may come under one status first and under an older one later.
      add(type, count, method.created);
      unexplained -= count;
    }
    add(statusNames[code]!, unexplained, createdAt(method, code));
  }
  return series;
}
