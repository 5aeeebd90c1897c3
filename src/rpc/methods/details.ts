import { checkAmountBuckets } from '../../core/buckets.ts';
import { checkKeys } from '../../core/check-keys.ts';
import { checkObject } from '../../core/check-object.ts';
import type { Drop } from '../../core/drop.ts';
import { invalidOption } from '../../core/errors.ts';
import { Histogram } from '../../core/histogram.ts';
import { quoted } from '../../core/printable.ts';
import { CallNotes } from '../call-notes.ts';
import type { DetailNumbers } from './method-numbers.ts';
import { type GrpcMethodType, isStream, streamsRequests, streamsResponses } from './method-type.ts';

/** `true` for the bounds that there are by default; others are upper bounds, increasing. */
export type CallDetailChoice = boolean | readonly number[];

/**
 * What else is recorded of calls, each with metrics of its own. All of it is off by default: it costs each method one or two
 * more histograms.
 */
export interface CallDetailsOptions {
  /** The size of each message, in bytes, serialized and uncompressed: 64 B to 4 MiB by default. */
  readonly messageSizes?: CallDetailChoice | undefined;
  /** How many messages each stream had when it ended: 0 to 100,000 by default. */
  readonly streamMessages?: CallDetailChoice | undefined;
  /**
   * The durations of streams as a metric of their own, with bounds of their own, in seconds: 0.1 s to a day by default.
   * They are then not among those of `grpc_request_duration_seconds`, nor attempts at them among those of attempts. For the vocabulary `basic`; the others say how theirs are.
   */
  readonly streamDurations?: CallDetailChoice | undefined;
  /** What was left of each call's deadline when it ended, in seconds: 0 to 10 s by default; and calls without a deadline. */
  readonly deadlines?: CallDetailChoice | undefined;
}

/** The bounds of the details that were chosen. */
export type ChosenDetails = { readonly [Detail in keyof CallDetailsOptions]?: readonly number[] };

const defaultBounds: Readonly<Record<keyof CallDetailsOptions, readonly number[]>> = {
  // Up to the largest message that grpc-js takes unless told otherwise.
  messageSizes: [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304],
  streamMessages: [0, 1, 2, 5, 10, 20, 50, 100, 1000, 10_000, 100_000],
  streamDurations: [0.1, 1, 10, 60, 300, 1800, 3600, 21_600, 86_400],
  // Those that end at 0 had nothing left.
  deadlines: [0, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
};

/** The last moment of a `Date`, in milliseconds since 1970. */
const maxDate = 8.64e15;

/** Throws `invalid_option` for an unknown detail, and `invalid_buckets` for wrong bounds. */
export function chooseDetails(details: CallDetailsOptions = {}): ChosenDetails {
  checkObject('details must be an object, such as { messageSizes: true }', details);
  checkKeys('details', details, Object.keys(defaultBounds));
  const chosen: Partial<Record<keyof CallDetailsOptions, readonly number[]>> = {};
  for (const [name, choice] of Object.entries(details) as [keyof CallDetailsOptions, unknown][]) {
    if (choice === undefined || choice === false) continue;
    if (choice !== true && !Array.isArray(choice)) {
      throw invalidOption(`details: ${name} must be true, false or an array of bounds, not ${quoted(choice)}`);
    }
    chosen[name] = checkAmountBuckets(`details: ${name}`, choice === true ? defaultBounds[name] : choice);
  }
  return chosen;
}

/** The details of one method's calls with one combination of the user's labels; undefined is what was not chosen. */
export class MethodDetails implements DetailNumbers {
  readonly receivedSizes: Histogram | undefined;
  readonly sentSizes: Histogram | undefined;
  /** Messages of a stream in the direction in which it streams. */
  readonly receivedOfStream: Histogram | undefined;
  readonly sentOfStream: Histogram | undefined;
  /** Seconds; 0 where the deadline had passed. */
  readonly deadlinesLeft: Histogram | undefined;
  withoutDeadline = 0;

  constructor(side: 'server' | 'client', type: GrpcMethodType, chosen: ChosenDetails, drop: Drop) {
    const histogram = (bounds: readonly number[] | undefined) => bounds && new Histogram(bounds, drop);
    const [receives, sends] = [streamsRequests(type), streamsResponses(type)];
    const isServer = side === 'server';
    this.receivedSizes = histogram(chosen.messageSizes);
    this.sentSizes = histogram(chosen.messageSizes);
    this.receivedOfStream = histogram((isServer ? receives : sends) ? chosen.streamMessages : undefined);
    this.sentOfStream = histogram((isServer ? sends : receives) ? chosen.streamMessages : undefined);
    this.deadlinesLeft = histogram(chosen.deadlines);
  }

  received(bytes: number): void {
    if (this.receivedSizes !== undefined) this.receivedSizes.observe(bytes);
  }

  sent(bytes: number): void {
    if (this.sentSizes !== undefined) this.sentSizes.observe(bytes);
  }

  /** What has to be noted of a call for `ended`. */
  notes(): CallNotes | undefined {
    return this.receivedOfStream === undefined && this.sentOfStream === undefined ? undefined : new CallNotes();
  }

  /** A call has ended now; a deadline of Infinity is none. */
  ended(notes: CallNotes | undefined, deadline: Date | number): void {
    if (notes !== undefined) {
      this.receivedOfStream?.observe(notes.messagesReceived);
      this.sentOfStream?.observe(notes.messagesSent);
    }
    if (this.deadlinesLeft === undefined) return;
    const at = Number(deadline);
    // What no calendar has is none: its years would be all that one sees of the sum.
    if (Math.abs(at) <= maxDate) this.deadlinesLeft.observe(Math.max(at - Date.now(), 0) / 1000);
    else this.withoutDeadline += 1;
  }
}

/** Whether details can be told of methods of this type. */
export function hasDetails(chosen: ChosenDetails, type: GrpcMethodType): boolean {
  const { messageSizes, streamMessages, deadlines } = chosen;
  return messageSizes !== undefined || deadlines !== undefined || (streamMessages !== undefined && isStream(type));
}
