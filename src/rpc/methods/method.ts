import type { Clock } from '../../core/clock.ts';
import type { Exemplars } from '../../core/exemplars.ts';
import type { Histogram } from '../../core/histogram.ts';
import type { Labels } from '../../core/snapshot.ts';
import { definedCode, status, statusNames } from '../status.ts';
import type { MethodDetails } from './details.ts';
import type { MethodNumbers, OpenStreams } from './method-numbers.ts';
import type { GrpcMethodType } from './method-type.ts';
import type { Outcome } from './outcome.ts';

/** More retries than this no client makes: grpc-js allows 4 unless told otherwise. */
const maxRetries = 100;

/** Is told of each change to the numbers of calls. */
export interface CallWatcher {
  changed(method: Method): void;
  /** A connection was opened or closed, or something was turned away. */
  changedServer(): void;
}

export interface MethodExtras {
  readonly exemplars?: Exemplars | undefined;
  readonly labels?: Labels | undefined;
  readonly labelled?: Map<string, Method> | undefined;
  readonly target?: string | undefined;
}

const noLabels: Labels = Object.freeze({});

/**
 * All numbers of one method with one combination of the user's labels, and on a client to one target: plain fields, since every call touches them.
 *
 * The numbers do not know a metric's name; `naming/` projects them.
 */
export class Method implements MethodNumbers {
  /** `/pkg.Service/Method`. */
  readonly path: string;
  readonly clock: Clock;
  /** When it was first asked for, in seconds since 1970. */
  readonly created: number;
  /** Known where a definition of the method was seen. */
  type: GrpcMethodType | undefined = undefined;
  /** The user's labels of these calls. */
  readonly labels: Labels;
  /** The same method's calls with other labels, by `CallLabels.key`; where there are labels that are not constant. */
  readonly labelled: Map<string, Method> | undefined;
  /** What the calls of a client go to, where targets are told apart. */
  readonly target: string | undefined;
  /** The same method's calls by their target; undefined before the first. */
  byTarget: Map<string, Method> | undefined = undefined;
  /** Whether calls are to be found by their keys: something of them is told without the call (`handler.ts`). */
  hasLinks = false;
  started = 0;
  /** Calls that have arrived and will be started when their labels are known. */
  waiting = 0;
  messagesReceived = 0;
  messagesSent = 0;
  /** Bytes of these messages, serialized and before compression. Numbers at all times, which keeps counting plain: see `isMeasured`. */
  bytesReceived = 0;
  bytesSent = 0;
  /** Whether the sizes of messages are known: a server's interceptor alone does not see them. */
  isMeasured = false;
  /** Seconds to the first response, where responses stream: measured from where durations are; undefined elsewhere. */
  firstMessages: Histogram | undefined = undefined;
  /** Calls that are open, where the method streams, in the order in which they began. */
  openStreams: Set<{ readonly startedAt: number }> | undefined = undefined;
  /** What the user wants to be recorded besides; undefined where that is nothing, or the type is not known. */
  details: MethodDetails | undefined = undefined;
  /** Async handlers that rejected. */
  rejections = 0;
  /** Calls of a server that were answered when they were over: the client had left, or the deadline had passed. */
  abandoned = 0;
  /** A client's calls that were retried, by the number of retries; the others are not here. */
  readonly retries: Map<number, number> = new Map();
  /** A client's attempts that have begun. */
  attemptsStarted = 0;
  /** Called by whoever changes one of these numbers; undefined where nobody wants to know. */
  watcher: CallWatcher | undefined = undefined;
  readonly #exemplars: Exemplars | undefined;
  readonly #outcomes: (Outcome | undefined)[] = statusNames.map(() => undefined);
  readonly #attempts: (Outcome | undefined)[] = [];
  readonly #create: () => Outcome;

  constructor(
    path: string,
    clock: Clock,
    created: number,
    create: () => Outcome,
    { exemplars, labels = noLabels, labelled, target }: MethodExtras = {},
  ) {
    this.path = path;
    this.labels = labels;
    this.labelled = labelled;
    this.target = target;
    this.clock = clock;
    this.created = created;
    this.#create = create;
    this.#exemplars = exemplars;
  }

  /** Whether nothing is wanted of a call when it begins or ends but its time. */
  get isPlain(): boolean {
    return this.openStreams === undefined && this.details === undefined;
  }

  /** Counts a message that has arrived and could be read; undefined is a size that is not known, or counted by `read`. */
  received(bytes?: number): void {
    this.messagesReceived += 1;
    if (bytes !== undefined) this.read(bytes);
  }

  /** Counts the bytes of a message that has arrived, without the message. */
  read(bytes: number): void {
    this.bytesReceived += bytes;
    if (this.details !== undefined) this.details.received(bytes);
  }

  /** Counts a message that was sent; undefined is a size that is not known. */
  sent(bytes?: number): void {
    this.messagesSent += 1;
    if (bytes !== undefined) this.sized(bytes);
  }

  /** Counts the bytes of a message that was sent, or will be, without the message. */
  sized(bytes: number): void {
    this.bytesSent += bytes;
    if (this.details !== undefined) this.details.sent(bytes);
  }

  /** Counts a call that was retried so often; gives that. What is no number of retries is none: a server can make it up. */
  retried(times: number): number {
    if (!Number.isInteger(times) || times <= 0 || times > maxRetries) return 0;
    this.retries.set(times, (this.retries.get(times) ?? 0) + 1);
    return times;
  }

  /** Counts one of a client's attempts at a call, which ended; `seconds` is what it took. */
  attempted(code: number, seconds: number): void {
    const defined = definedCode(code);
    this.#attempts[defined] ??= this.#create();
    this.#attempts[defined].durations.observe(seconds);
  }

  /** The attempts that ended with this status; undefined when none did. */
  attempts(code: number): Outcome | undefined {
    return this.#attempts[code];
  }

  /** Counts a call that ended; `seconds` is what it took, `trace` the labels of the trace that it was part of. */
  finish(code: number, seconds: number, errorType?: string, trace?: Labels): void {
    const defined = definedCode(code);
    let outcome = this.#outcomes[defined];
    if (outcome === undefined) {
      outcome = this.#create();
      this.#outcomes[defined] = outcome;
    }
    outcome.durations.observe(seconds);
    if (errorType !== undefined && defined !== status.OK) outcome.countErrorType(errorType);
    if (trace !== undefined && this.#exemplars !== undefined) outcome.exemplify(this.#exemplars, seconds, trace);
  }

  /** The calls that ended with this status; undefined when none did. */
  outcome(code: number): Outcome | undefined {
    return this.#outcomes[code];
  }

  /**
   * Whether anything was counted here. Not only calls: an attempt can have other labels than its call, and bytes of a message that
   * an interceptor made are nobody's.
   */
  get isUsed(): boolean {
    return this.started + this.waiting + this.attemptsStarted > 0 || this.bytesSent > 0;
  }

  get streams(): OpenStreams | undefined {
    if (this.openStreams === undefined) return undefined;
    const [oldest] = this.openStreams;
    const age = oldest === undefined ? 0 : this.clock() - oldest.startedAt;
    return { open: this.openStreams.size, oldestSeconds: Math.max(age, 0) / 1000 };
  }

  /** Calls that have arrived and not ended. */
  get inFlight(): number {
    return this.started + this.waiting - this.finished;
  }

  /** Calls that have ended, whatever their status. */
  get finished(): number {
    let finished = 0;
    for (const outcome of this.#outcomes) finished += outcome?.durations.count ?? 0;
    return finished;
  }
}
