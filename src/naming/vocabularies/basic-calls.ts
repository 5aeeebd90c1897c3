import type { NumberSeries } from '../../core/snapshot.ts';
import type { MethodBounds } from '../../rpc/methods/method-bounds.ts';
import type { MethodNumbers, OpenStreams } from '../../rpc/methods/method-numbers.ts';
import { isStream } from '../../rpc/methods/method-type.ts';
import type { CallNumbers } from '../../rpc/store-numbers.ts';
import {
  counterSeries,
  durationsWithin,
  histogramsWithin,
  type Outcomes,
  type ProjectedFamily,
  perMethod,
  type ReadDurations,
} from '../projection.ts';
import { errorSeries, requestSeries } from './basic-outcomes.ts';
import { type BasicSide, labelsOf } from './basic-side.ts';

/** How the calls of a side ended. */
export function endedCalls(store: CallNumbers, { shape, help }: BasicSide, bounds: MethodBounds): ProjectedFamily[] {
  return [
    {
      name: shape.requests.family,
      type: 'counter',
      help: help.requests,
      read: () => perMethod(store, requestSeries),
    },
    {
      // Seconds. On a server from the arrival of the request's headers to the trailers, or to the call being cut off. On a
      // client from the start of the call to its status: name resolution, connecting and retries included.
      name: shape.durations,
      type: 'histogram',
      help: help.durations,
      read: durationSeries(store, durationsWithin(store, bounds)),
    },
    {
      // Requests that did not end OK, by the class of the handler's exception where it is known, else by status.
      name: shape.errors,
      type: 'counter',
      help: help.errors,
      read: () => perMethod(store, errorSeries),
    },
  ];
}

/** What the calls of a side do before they end. */
export function callProgress(
  store: CallNumbers,
  { shape, prefix, help }: BasicSide,
  bounds: MethodBounds,
): ProjectedFamily[] {
  const within = histogramsWithin(store, bounds);
  return [
    {
      name: shape.inFlight,
      type: 'gauge',
      help: help.inFlight,
      read: () => perMethod(store, (method) => [{ labels: labelsOf(method), value: method.inFlight }]),
    },
    {
      name: shape.received,
      type: 'counter',
      help: help.received,
      read: () => counterSeries(store, labelsOf, (method) => method.messagesReceived),
    },
    {
      name: shape.sent,
      type: 'counter',
      help: help.sent,
      read: () => counterSeries(store, labelsOf, (method) => method.messagesSent),
    },
    {
      // Serialized, before compression and without framing. As in the counts of messages, a client's retries count once.
      name: `${prefix}messages_received_bytes_total`,
      type: 'counter',
      help: help.receivedBytes,
      unit: 'bytes',
      read: () => perMethod(store, byteSeries('bytesReceived')),
    },
    {
      name: `${prefix}messages_sent_bytes_total`,
      type: 'counter',
      help: help.sentBytes,
      unit: 'bytes',
      read: () => perMethod(store, byteSeries('bytesSent')),
    },
    {
      // Seconds from the start of the call, as in the durations, to its first response, for methods that stream responses.
      name: `${prefix}time_to_first_message_seconds`,
      type: 'histogram',
      help: help.firstMessage,
      read: () =>
        perMethod(store, (method) => {
          const { path, firstMessages, created } = method;
          return firstMessages === undefined ? [] : [within(path, [firstMessages], labelsOf(method), created)];
        }),
    },
    {
      name: shape.streams,
      type: 'gauge',
      help: help.streams,
      read: () => perMethod(store, streamSeries('open')),
    },
    {
      // 0 where no stream is open.
      name: `${prefix}oldest_stream_age_seconds`,
      type: 'gauge',
      help: help.oldestStream,
      unit: 'seconds',
      read: () => perMethod(store, streamSeries('oldestSeconds')),
    },
  ];
}

/** Reads the durations of calls, or of their attempts, without those of streams where they have a family of their own. */
export function durationSeries(
  store: CallNumbers,
  read: ReadDurations,
  part = (method: MethodNumbers): Outcomes => method,
): ProjectedFamily['read'] {
  return () =>
    perMethod(store, (method) => (hasStreamDurations(store, method) ? [] : [read(part(method), labelsOf(method))]));
}

/** Whether the durations of this method's calls are those of streams, in a family of their own. */
export function hasStreamDurations(store: CallNumbers, { type }: Pick<MethodNumbers, 'type'>): boolean {
  return store.details.streamDurations !== undefined && isStream(type);
}

/** No series, rather than 0, where the sizes of messages are not known. */
function byteSeries(direction: 'bytesReceived' | 'bytesSent'): (method: MethodNumbers) => NumberSeries[] {
  return (method) => {
    return method.isMeasured ? [{ labels: labelsOf(method), value: method[direction], created: method.created }] : [];
  };
}

function streamSeries(name: keyof OpenStreams): (method: MethodNumbers) => NumberSeries[] {
  return (method) => {
    const { streams } = method;
    return streams === undefined ? [] : [{ labels: labelsOf(method), value: streams[name] }];
  };
}
