import type { HistogramNumbers } from '../../core/histogram-sum.ts';
import type { Collector } from '../../core/registry.ts';
import type { LiveFamily } from '../../core/snapshot.ts';
import type { ChosenDetails } from '../../rpc/methods/details.ts';
import type { DetailNumbers, MethodNumbers, OpenStreams } from '../../rpc/methods/method-numbers.ts';
import { isStream } from '../../rpc/methods/method-type.ts';
import type { CallStore } from '../../rpc/store.ts';
import { counterSeries, durationsWithin, type LabelsOf, perMethod } from '../projection.ts';

/** The beginning of every name of a side, and what its messages are called in help texts. */
interface Side {
  readonly prefix: string;
  readonly received: string;
  readonly sent: string;
  readonly of: string;
}

export const serverSide: Side = {
  prefix: 'grpc',
  received: 'request messages received',
  sent: 'response messages sent',
  of: '',
};

export const clientSide: Side = {
  prefix: 'grpc_client',
  received: 'response messages received by clients',
  sent: 'request messages that clients gave to their calls',
  of: ' of clients',
};

/** Gauge: streams that are open, by method. */
export function openStreamsName({ prefix }: Side): string {
  return `${prefix}_open_streams`;
}

/** Streams that are open. Both are there without being asked for: a call that is no stream costs neither. */
export function openStreams(store: CallStore, labelsOf: LabelsOf, side: Side): Collector {
  const { prefix, of } = side;
  const open = {
    name: openStreamsName(side),
    type: 'gauge',
    help: `Streams${of} that have begun and not ended`,
  } as const;
  /** Seconds; 0 where none is open. */
  const oldest = {
    name: `${prefix}_oldest_stream_age_seconds`,
    type: 'gauge',
    help: `Age of the oldest stream${of} that is open`,
    unit: 'seconds',
  } as const;
  const series = (name: keyof OpenStreams) =>
    perMethod(store, (method) => {
      const { streams } = method;
      return streams === undefined ? [] : [{ labels: labelsOf(method), value: streams[name] }];
    });
  return {
    families: [open, oldest],
    collect: (): LiveFamily[] => [
      { ...open, series: series('open') },
      { ...oldest, series: series('oldestSeconds') },
    ],
  };
}

/** Whether the durations of this method are in `streamDurations`. */
export function isApart(store: CallStore, { type }: Pick<MethodNumbers, 'type'>): boolean {
  return store.details.streamDurations !== undefined && isStream(type);
}

/** What the option `details` asks for. */
export function callDetails(store: CallStore, labelsOf: LabelsOf, { prefix, received, sent, of }: Side): Collector {
  const chosen = store.details;
  const histogram = (name: string, help: string, read: ReadDetail, unit?: 'bytes' | 'seconds') => ({
    family: { name: `${prefix}_${name}`, type: 'histogram', help, ...(unit && { unit }) } as const,
    series: () => perMethod(store, detailSeries(labelsOf, read)),
  });
  /** Serialized and uncompressed, without framing: one observation a message. */
  const receivedSize = histogram(
    'message_received_size_bytes',
    `Size of ${received}`,
    measured('receivedSizes'),
    'bytes',
  );
  const sentSize = histogram('message_sent_size_bytes', `Size of ${sent}`, measured('sentSizes'), 'bytes');
  /** One observation a stream, when it has ended, in the direction in which it streams. */
  const ofStream = (what: string) => `Number of ${what} of a stream`;
  const receivedOfStream = histogram(
    'stream_messages_received',
    ofStream(received),
    (method) => method.details?.receivedOfStream,
  );
  const sentOfStream = histogram('stream_messages_sent', ofStream(sent), (method) => method.details?.sentOfStream);
  /** Of calls that had a deadline; 0 where it had passed. */
  const deadlineLeft = histogram(
    'deadline_left_seconds',
    `Time that was left of the deadline when a request${of} ended`,
    (method) => method.details?.deadlinesLeft,
    'seconds',
  );
  const withoutDeadline = {
    family: {
      name: `${prefix}_requests_without_deadline_total`,
      type: 'counter',
      help: `Requests${of} that ended and had no deadline`,
    } as const,
    series: () => counterSeries(store, labelsOf, (method) => method.details?.withoutDeadline ?? 0),
  };
  const parts = [
    ...(chosen.messageSizes ? [receivedSize, sentSize] : []),
    ...(chosen.streamMessages ? [receivedOfStream, sentOfStream] : []),
    ...(chosen.streamDurations ? [streamDurations(store, chosen.streamDurations, labelsOf, { prefix, of })] : []),
    ...(chosen.deadlines ? [deadlineLeft, withoutDeadline] : []),
  ];
  return {
    families: parts.map(({ family }) => family),
    collect: () => parts.map(({ family, series }) => ({ ...family, series: series() })),
  };
}

/** In place of the streams among the durations of requests, see `isApart`. */
function streamDurations(
  store: CallStore,
  bounds: NonNullable<ChosenDetails['streamDurations']>,
  labelsOf: LabelsOf,
  { prefix, of }: Pick<Side, 'prefix' | 'of'>,
) {
  const read = durationsWithin(store, bounds);
  return {
    family: {
      name: `${prefix}_stream_duration_seconds`,
      type: 'histogram',
      help: `Duration of streams${of}`,
      unit: 'seconds',
    } as const,
    series: () => perMethod(store, (method) => (isApart(store, method) ? [read(method, labelsOf(method))] : [])),
  };
}

type ReadDetail = (method: MethodNumbers) => HistogramNumbers | undefined;

/** Not of methods whose messages are not measured: no series, rather than 0. */
function measured(size: keyof DetailNumbers & `${string}Sizes`): ReadDetail {
  return ({ isMeasured, details }) => (isMeasured ? details?.[size] : undefined);
}

function detailSeries(labelsOf: LabelsOf, read: ReadDetail) {
  return (method: MethodNumbers) => {
    const histogram = read(method);
    return histogram === undefined ? [] : [{ ...histogram.live(labelsOf(method)), created: method.created }];
  };
}
