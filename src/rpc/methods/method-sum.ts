import { type HistogramNumbers, HistogramSum, later } from '../../core/histogram-sum.ts';
import type { Exemplar } from '../../core/snapshot.ts';
import type { DetailNumbers, MethodNumbers, OpenStreams, OutcomeNumbers } from './method-numbers.ts';

/** Of one path, with the same labels of the user's. */
type Parts = readonly [MethodNumbers, ...MethodNumbers[]];

/** The calls of all parts as one method's. What is more than a number is put together when it is asked for. */
export function sumOfMethods(parts: Parts): MethodNumbers {
  const [{ path, type, labels, target, isMeasured }] = parts;
  return {
    path,
    type,
    labels,
    target,
    isMeasured,
    created: Math.min(...parts.map(({ created }) => created)),
    started: sumOf(parts, 'started'),
    inFlight: sumOf(parts, 'inFlight'),
    messagesReceived: sumOf(parts, 'messagesReceived'),
    messagesSent: sumOf(parts, 'messagesSent'),
    bytesReceived: sumOf(parts, 'bytesReceived'),
    bytesSent: sumOf(parts, 'bytesSent'),
    abandoned: sumOf(parts, 'abandoned'),
    rejections: sumOf(parts, 'rejections'),
    attemptsStarted: sumOf(parts, 'attemptsStarted'),
    get retries() {
      return sumOfMaps(parts.map(({ retries }) => retries));
    },
    get firstMessages() {
      return sumOfHistograms(parts.map(({ firstMessages }) => firstMessages));
    },
    get streams() {
      return sumOfStreams(parts.flatMap(({ streams }) => streams ?? []));
    },
    get details() {
      return sumOfDetails(parts.flatMap(({ details }) => details ?? []));
    },
    outcome: (code) => sumOfOutcomes(parts.flatMap((method) => method.outcome(code) ?? [])),
    attempts: (code) => sumOfOutcomes(parts.flatMap((method) => method.attempts(code) ?? [])),
  };
}

function sumOf<Name extends string>(parts: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return parts.reduce((sum, part) => sum + part[name], 0);
}

function sumOfMaps<Key>(maps: readonly ReadonlyMap<Key, number>[]): ReadonlyMap<Key, number> {
  const sum = new Map<Key, number>();
  for (const map of maps) for (const [key, count] of map) sum.set(key, (sum.get(key) ?? 0) + count);
  return sum;
}

function sumOfHistograms(parts: readonly (HistogramNumbers | undefined)[]): HistogramNumbers | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length <= 1 ? known[0] : new HistogramSum(known);
}

function sumOfStreams(parts: readonly OpenStreams[]): OpenStreams | undefined {
  if (parts.length === 0) return undefined;
  return { open: sumOf(parts, 'open'), oldestSeconds: Math.max(...parts.map(({ oldestSeconds }) => oldestSeconds)) };
}

function sumOfDetails(parts: readonly DetailNumbers[]): DetailNumbers | undefined {
  if (parts.length === 0) return undefined;
  return {
    withoutDeadline: sumOf(parts, 'withoutDeadline'),
    receivedSizes: sumOfHistograms(parts.map(({ receivedSizes }) => receivedSizes)),
    sentSizes: sumOfHistograms(parts.map(({ sentSizes }) => sentSizes)),
    receivedOfStream: sumOfHistograms(parts.map(({ receivedOfStream }) => receivedOfStream)),
    sentOfStream: sumOfHistograms(parts.map(({ sentOfStream }) => sentOfStream)),
    deadlinesLeft: sumOfHistograms(parts.map(({ deadlinesLeft }) => deadlinesLeft)),
  };
}

function sumOfOutcomes(parts: readonly OutcomeNumbers[]): OutcomeNumbers | undefined {
  if (parts.length <= 1) return parts[0];
  return {
    created: Math.min(...parts.map(({ created }) => created)),
    durations: new HistogramSum(parts.map(({ durations }) => durations)),
    exemplar: parts.reduce((last: Exemplar | undefined, { exemplar }) => later(last, exemplar), undefined),
    errorTypes: sumOfMaps(parts.map(({ errorTypes }) => errorTypes)),
  };
}
