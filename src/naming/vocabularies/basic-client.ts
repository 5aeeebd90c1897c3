import type { Collector } from '../../core/registry.ts';
import type { NumberSeries } from '../../core/snapshot.ts';
import { channelStates } from '../../rpc/channels.ts';
import type { MethodBounds } from '../../rpc/methods/method-bounds.ts';
import type { MethodNumbers } from '../../rpc/methods/method-numbers.ts';
import type { ChannelNumbers, ClientNumbers } from '../../rpc/store-numbers.ts';
import {
  attemptsOf,
  collectorOf,
  counterSeries,
  durationsWithin,
  type ProjectedFamily,
  perMethod,
} from '../projection.ts';
import type { ProjectionOptions } from '../vocabulary.ts';
import { callProgress, durationSeries, endedCalls } from './basic-calls.ts';
import { callDetails } from './basic-details.ts';
import { requestSeries } from './basic-outcomes.ts';
import { clientSide, labelsOf } from './basic-side.ts';

/** The clients' calls, and their channels. */
export function projectClient(store: ClientNumbers, { bounds = store.bounds }: ProjectionOptions = {}): Collector {
  const { channels } = store;
  return collectorOf([
    ...endedCalls(store, clientSide, bounds),
    ...callProgress(store, clientSide, bounds),
    {
      // Transparent retries are not included: grpc-js does not report them.
      name: clientSide.shape.retries.family,
      type: 'counter',
      help: 'Client request attempts beyond the first: retries and hedges',
      read: () => counterSeries(store, labelsOf, retriesOf),
    },
    {
      name: clientSide.shape.channels.family,
      type: 'gauge',
      help: 'Client channels by connectivity state',
      read: () => channelSeries(channels),
    },
    {
      name: 'grpc_client_channel_transitions_total',
      type: 'counter',
      help: 'Changes of client channels to a connectivity state',
      read: () => transitionSeries(channels),
    },
    ...callDetails(store, clientSide),
    ...(store.attempts ? attemptFamilies(store, bounds) : []),
  ]);
}

/** Every attempt at a call: first try, retry, hedge and transparent retry. */
function attemptFamilies(store: ClientNumbers, bounds: MethodBounds): ProjectedFamily[] {
  return [
    {
      name: 'grpc_client_request_attempts_total',
      type: 'counter',
      help: 'Client request attempts',
      read: () => perMethod(store, (method) => requestSeries(attemptsOf(method))),
    },
    {
      // Seconds from the start of the attempt to its status: waiting for a connection included, name resolution and
      // backoff not.
      name: 'grpc_client_request_attempt_duration_seconds',
      type: 'histogram',
      help: 'Client request attempt duration',
      read: durationSeries(store, durationsWithin(store, bounds), attemptsOf),
    },
    {
      // Connections that are ready for calls. Channels to one target share them unless they are told not to.
      name: 'grpc_client_active_connections',
      type: 'gauge',
      help: 'Active client connections',
      read: () => connectionSeries(store.channels),
    },
  ];
}

function retriesOf({ retries: calls }: MethodNumbers): number {
  let total = 0;
  for (const [times, count] of calls) total += times * count;
  return total;
}

function connectionSeries(channels: ChannelNumbers): NumberSeries[] {
  return Array.from(channels.targets(), (target) => ({
    labels: { target: target.name },
    value: target.connections(),
  }));
}

function channelSeries(channels: ChannelNumbers): NumberSeries[] {
  return Array.from(channels.targets()).flatMap((target) => {
    const counts = target.states();
    return channelStates.map((state) => ({ labels: { target: target.name, state }, value: counts[state] }));
  });
}

function transitionSeries(channels: ChannelNumbers): NumberSeries[] {
  return Array.from(channels.targets()).flatMap(({ name, transitions }) =>
    channelStates.map((state) => ({ labels: { target: name, state }, value: transitions[state] })),
  );
}
