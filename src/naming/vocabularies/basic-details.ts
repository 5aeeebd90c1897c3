import type { HistogramNumbers } from '../../core/histogram-sum.ts';
import type { HistogramSeries } from '../../core/snapshot.ts';
import { MethodBounds } from '../../rpc/methods/method-bounds.ts';
import type { DetailNumbers, MethodNumbers } from '../../rpc/methods/method-numbers.ts';
import type { CallNumbers } from '../../rpc/store-numbers.ts';
import { counterSeries, durationsWithin, type ProjectedFamily, perMethod } from '../projection.ts';
import { hasStreamDurations } from './basic-calls.ts';
import { type BasicSide, labelsOf } from './basic-side.ts';

/** The families that the option `details` asks for. */
export function callDetails(store: CallNumbers, side: BasicSide): ProjectedFamily[] {
  const { messageSizes, streamMessages, streamDurations, deadlines } = store.details;
  return [
    ...(messageSizes ? sizes(store, side) : []),
    ...(streamMessages ? messagesOfStreams(store, side) : []),
    ...(streamDurations ? [durationsOfStreams(store, streamDurations, side)] : []),
    ...(deadlines ? deadlineFamilies(store, side) : []),
  ];
}

/** Serialized and uncompressed, without framing: one observation per message. */
function sizes(store: CallNumbers, { prefix, help }: BasicSide): ProjectedFamily[] {
  // Where the sizes of messages are not known there is no series, rather than 0.
  const readSizes = (size: keyof DetailNumbers & `${string}Sizes`) =>
    detailSeries(store, ({ isMeasured, details }) => (isMeasured ? details?.[size] : undefined));
  return [
    {
      name: `${prefix}message_received_size_bytes`,
      type: 'histogram',
      help: help.receivedSize,
      unit: 'bytes',
      read: readSizes('receivedSizes'),
    },
    {
      name: `${prefix}message_sent_size_bytes`,
      type: 'histogram',
      help: help.sentSize,
      unit: 'bytes',
      read: readSizes('sentSizes'),
    },
  ];
}

/** One observation per stream, when it has ended, in the direction in which it streams. */
function messagesOfStreams(store: CallNumbers, { prefix, help }: BasicSide): ProjectedFamily[] {
  return [
    {
      name: `${prefix}stream_messages_received`,
      type: 'histogram',
      help: help.receivedOfStream,
      read: detailSeries(store, ({ details }) => details?.receivedOfStream),
    },
    {
      name: `${prefix}stream_messages_sent`,
      type: 'histogram',
      help: help.sentOfStream,
      read: detailSeries(store, ({ details }) => details?.sentOfStream),
    },
  ];
}

/** The durations of streams, which then are not among those of requests. */
function durationsOfStreams(
  store: CallNumbers,
  bounds: readonly number[],
  { prefix, help }: BasicSide,
): ProjectedFamily {
  const read = durationsWithin(store, new MethodBounds(bounds));
  return {
    name: `${prefix}stream_duration_seconds`,
    type: 'histogram',
    help: help.streamDurations,
    unit: 'seconds',
    read: () =>
      perMethod(store, (method) => (hasStreamDurations(store, method) ? [read(method, labelsOf(method))] : [])),
  };
}

function deadlineFamilies(store: CallNumbers, { prefix, help }: BasicSide): ProjectedFamily[] {
  return [
    {
      // Of calls that had a deadline; 0 where it had passed.
      name: `${prefix}deadline_left_seconds`,
      type: 'histogram',
      help: help.deadlineLeft,
      unit: 'seconds',
      read: detailSeries(store, ({ details }) => details?.deadlinesLeft),
    },
    {
      name: `${prefix}requests_without_deadline_total`,
      type: 'counter',
      help: help.withoutDeadline,
      read: () => counterSeries(store, labelsOf, (method) => method.details?.withoutDeadline ?? 0),
    },
  ];
}

/** Reads a histogram of each method that has it. */
function detailSeries(
  store: CallNumbers,
  read: (method: MethodNumbers) => HistogramNumbers | undefined,
): ProjectedFamily['read'] {
  const seriesOf = (method: MethodNumbers): HistogramSeries[] => {
    const histogram = read(method);
    return histogram === undefined ? [] : [{ ...histogram.live(labelsOf(method)), created: method.created }];
  };
  return () => perMethod(store, seriesOf);
}
