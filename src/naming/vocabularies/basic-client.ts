import type { Collector } from '../../core/registry.ts';
import type { LiveFamily, NumberSeries } from '../../core/snapshot.ts';
import { type Channels, channelStates } from '../../rpc/channels.ts';
import type { ClientStore } from '../../rpc/client-store.ts';
import type { MethodNumbers } from '../../rpc/methods/method-numbers.ts';
import type { ClientNames } from '../call-names.ts';
import {
  attemptsOf,
  counterSeries,
  durationsWithin,
  histogramsWithin,
  perMethod,
  type ReadDurations,
} from '../projection.ts';
import { durationSeries, errorSeries, firstMessageSeries, inFlightSeries, labelsOf, requestSeries } from './basic.ts';
import { callDetails, clientSide, openStreams, openStreamsName } from './basic-details.ts';

const requests = {
  name: 'grpc_client_requests_total',
  type: 'counter',
  help: 'Total gRPC requests of clients',
} as const;

/** Seconds from the start of the call to its status: name resolution, connecting and retries included. */
const requestDuration = {
  name: 'grpc_client_request_duration_seconds',
  type: 'histogram',
  help: 'Duration of requests of clients',
} as const;

/** Requests that did not end OK, by status. */
const errors = {
  name: 'grpc_client_errors_total',
  type: 'counter',
  help: 'Total gRPC errors of clients',
} as const;

const requestsInFlight = {
  name: 'grpc_client_requests_in_flight',
  type: 'gauge',
  help: 'Requests of clients that have started and not ended',
} as const;

const messagesReceived = {
  name: 'grpc_client_messages_received_total',
  type: 'counter',
  help: 'Response messages received by clients',
} as const;

const messagesSent = {
  name: 'grpc_client_messages_sent_total',
  type: 'counter',
  help: 'Request messages that clients gave to their calls',
} as const;

/** Serialized, before compression and without framing; as the counts of messages, what retries send again is not in it. */
const messagesReceivedBytes = {
  name: 'grpc_client_messages_received_bytes_total',
  type: 'counter',
  help: 'Bytes of response messages received by clients, serialized and uncompressed',
  unit: 'bytes',
} as const;

const messagesSentBytes = {
  name: 'grpc_client_messages_sent_bytes_total',
  type: 'counter',
  help: 'Bytes of request messages that clients gave to their calls, serialized and before compression',
  unit: 'bytes',
} as const;

/** Seconds from the start of the call to its first response, of methods whose responses stream. */
const timeToFirstMessage = {
  name: 'grpc_client_time_to_first_message_seconds',
  type: 'histogram',
  help: 'Time to the first response message of a stream to clients',
} as const;

/** Attempts beyond the first of each call. Transparent retries are not in it: grpc-js does not tell them. */
const retries = {
  name: 'grpc_client_retries_total',
  type: 'counter',
  help: 'Attempts of requests of clients beyond the first',
} as const;

/** Each attempt at a call with its own status: retries, hedges and transparent retries are attempts, too. */
const attempts = {
  name: 'grpc_client_request_attempts_total',
  type: 'counter',
  help: 'Attempts of requests of clients',
} as const;

/** Seconds from the start of the attempt to its status: waiting for a connection included, name resolution and backoff not. */
const attemptDuration = {
  name: 'grpc_client_request_attempt_duration_seconds',
  type: 'histogram',
  help: 'Duration of attempts of requests of clients',
} as const;

/** Connections that are ready for calls. Channels to one target share them unless they are told not to. */
const activeConnections = {
  name: 'grpc_client_active_connections',
  type: 'gauge',
  help: 'Active connections of clients',
} as const;

const channels = {
  name: 'grpc_client_channels',
  type: 'gauge',
  help: 'Open channels by connectivity state',
} as const;

const channelTransitions = {
  name: 'grpc_client_channel_transitions_total',
  type: 'counter',
  help: 'Transitions of channels into a connectivity state',
} as const;

export const basicClientNames: ClientNames = {
  requests: requests.name,
  durations: requestDuration.name,
  inFlight: requestsInFlight.name,
  streams: openStreamsName(clientSide),
  received: messagesReceived.name,
  sent: messagesSent.name,
  retries: retries.name,
  channels: channels.name,
  methodLabel: 'method',
  statusLabel: 'status',
  targetLabel: 'target',
  stateLabel: 'state',
};

/** The default vocabulary, client side: the server's names and shapes with `grpc_client_`, and what only clients have. */
export function basicClient(store: ClientStore, bounds: readonly number[] = store.bounds): Collector {
  const within = histogramsWithin(store, bounds);
  const durations = durationsWithin(store, bounds);
  const streams = openStreams(store, labelsOf, clientSide);
  const more = callDetails(store, labelsOf, clientSide);
  return {
    families: [
      requests,
      requestDuration,
      errors,
      requestsInFlight,
      messagesReceived,
      messagesSent,
      messagesReceivedBytes,
      messagesSentBytes,
      timeToFirstMessage,
      ...streams.families,
      retries,
      channels,
      channelTransitions,
      ...more.families,
      ...(store.attempts ? [attempts, attemptDuration, activeConnections] : []),
    ],
    collect: () => [
      { ...requests, series: perMethod(store, requestSeries) },
      { ...requestDuration, series: durationSeries(store, durations) },
      { ...errors, series: perMethod(store, errorSeries) },
      { ...requestsInFlight, series: perMethod(store, inFlightSeries) },
      { ...messagesReceived, series: counterSeries(store, labelsOf, (method) => method.messagesReceived) },
      { ...messagesSent, series: counterSeries(store, labelsOf, (method) => method.messagesSent) },
      { ...messagesReceivedBytes, series: counterSeries(store, labelsOf, (method) => method.bytesReceived) },
      { ...messagesSentBytes, series: counterSeries(store, labelsOf, (method) => method.bytesSent) },
      { ...timeToFirstMessage, series: perMethod(store, firstMessageSeries(within)) },
      ...streams.collect(),
      { ...retries, series: counterSeries(store, labelsOf, retriesOf) },
      { ...channels, series: channelSeries(store.channels) },
      { ...channelTransitions, series: transitionSeries(store.channels) },
      ...more.collect(),
      ...(store.attempts ? attemptFamilies(store, durations) : []),
    ],
  };
}

function attemptFamilies(store: ClientStore, durations: ReadDurations): LiveFamily[] {
  return [
    { ...attempts, series: perMethod(store, (method) => requestSeries(attemptsOf(method))) },
    { ...attemptDuration, series: durationSeries(store, (method, labels) => durations(attemptsOf(method), labels)) },
    { ...activeConnections, series: connectionSeries(store.channels) },
  ];
}

function connectionSeries(of: Channels): NumberSeries[] {
  return Array.from(of.targets(), (target) => ({ labels: { target: target.name }, value: target.connections() }));
}

function retriesOf({ retries: calls }: MethodNumbers): number {
  let total = 0;
  for (const [times, count] of calls) total += times * count;
  return total;
}

function channelSeries(of: Channels): NumberSeries[] {
  return Array.from(of.targets()).flatMap((target) => {
    const counts = target.states();
    return channelStates.map((state) => ({ labels: { target: target.name, state }, value: counts[state] }));
  });
}

function transitionSeries(of: Channels): NumberSeries[] {
  return Array.from(of.targets()).flatMap(({ name, transitions }) =>
    channelStates.map((state) => ({ labels: { target: name, state }, value: transitions[state] })),
  );
}
