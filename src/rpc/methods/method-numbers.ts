import type { HistogramNumbers } from '../../core/histogram-sum.ts';
import type { Exemplar, Labels } from '../../core/snapshot.ts';
import type { GrpcMethodType } from './method-type.ts';

/** What of a `Method` is read: of one, or of several as one. */
export interface MethodNumbers {
  readonly path: string;
  readonly type: GrpcMethodType | undefined;
  readonly labels: Labels;
  /** One of those that are in it, where targets are told apart. */
  readonly target: string | undefined;
  readonly created: number;
  readonly isMeasured: boolean;
  readonly started: number;
  readonly inFlight: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly abandoned: number;
  readonly rejections: number;
  readonly attemptsStarted: number;
  readonly retries: ReadonlyMap<number, number>;
  readonly firstMessages: HistogramNumbers | undefined;
  readonly streams: OpenStreams | undefined;
  readonly details: DetailNumbers | undefined;
  outcome(code: number): OutcomeNumbers | undefined;
  attempts(code: number): OutcomeNumbers | undefined;
}

/** What of an `Outcome` is read. */
export interface OutcomeNumbers {
  readonly created: number;
  readonly durations: HistogramNumbers;
  readonly exemplar: Exemplar | undefined;
  readonly errorTypes: ReadonlyMap<string, number>;
}

/** Of a method that streams; the age is 0 where none is open. */
export interface OpenStreams {
  readonly open: number;
  readonly oldestSeconds: number;
}

/** What of `MethodDetails` is read. */
export interface DetailNumbers {
  readonly receivedSizes: HistogramNumbers | undefined;
  readonly sentSizes: HistogramNumbers | undefined;
  readonly receivedOfStream: HistogramNumbers | undefined;
  readonly sentOfStream: HistogramNumbers | undefined;
  readonly deadlinesLeft: HistogramNumbers | undefined;
  readonly withoutDeadline: number;
}
