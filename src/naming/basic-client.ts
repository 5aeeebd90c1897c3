import type { Collector } from '../core/registry.ts';
import type { NumberSeries } from '../core/snapshot.ts';
import { type Channels, channelStates } from '../rpc/channels.ts';
import type { ClientStore } from '../rpc/client-store.ts';
import type { Method } from '../rpc/method.ts';
import { errorSeries, inFlightSeries, labelsOf, requestSeries } from './basic.ts';
import { counterSeries, durationsWithin, perMethod } from './projection.ts';

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

/** Attempts beyond the first of each call. Transparent retries are not in it: grpc-js does not tell them. */
const retries = {
  name: 'grpc_client_retries_total',
  type: 'counter',
  help: 'Attempts of requests of clients beyond the first',
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

/** The default vocabulary, client side: the server's names and shapes with `grpc_client_`, and what only clients have. */
export function basicClient(store: ClientStore, bounds: readonly number[] = store.bounds): Collector {
  const durations = durationsWithin(store, bounds);
  return {
    families: [
      requests,
      requestDuration,
      errors,
      requestsInFlight,
      messagesReceived,
      messagesSent,
      retries,
      channels,
      channelTransitions,
    ],
    collect: () => [
      { ...requests, series: perMethod(store, requestSeries) },
      { ...requestDuration, series: perMethod(store, (method) => [durations(method, labelsOf(method))]) },
      { ...errors, series: perMethod(store, errorSeries) },
      { ...requestsInFlight, series: perMethod(store, inFlightSeries) },
      { ...messagesReceived, series: counterSeries(store, labelsOf, (method) => method.messagesReceived) },
      { ...messagesSent, series: counterSeries(store, labelsOf, (method) => method.messagesSent) },
      { ...retries, series: counterSeries(store, labelsOf, retriesOf) },
      { ...channels, series: channelSeries(store.channels) },
      { ...channelTransitions, series: transitionSeries(store.channels) },
    ],
  };
}

function retriesOf({ retries: calls }: Method): number {
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
