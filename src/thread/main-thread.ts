import { monotonicSeconds } from '../core/clock.ts';
import { type BeatMemory, blockedSeconds, silenceOf } from './beat.ts';
import type { Peer } from './peer.ts';
import type {
  MainQuestions,
  PageQuestion,
  ReadFamilies,
  ReadKinds,
  ReadQuestion,
  ThreadQuestions,
  Written,
} from './questions.ts';
import type { Setup } from './setup.ts';

/** How long a scrape waits for the main thread, in seconds. That has longer turns, and then is asked for nothing. */
const patience = 0.05;

/** From how long a silence on the main thread is asked for nothing, in seconds. It says ten times a second that it is at work. */
const silentAfter = 0.3;

/** Both where a scrape without the main thread would lack series, in seconds: a gap is worse than a late answer. */
const longPatience = 1;

/** How often a long wait looks whether the main thread is at work, in milliseconds. */
const lookEvery = 100;

/** The main thread, as the thread of the endpoint sees it. */
export class MainThread {
  readonly #peer: Peer<ThreadQuestions, MainQuestions>;
  readonly #beat: BeatMemory;
  readonly #report: () => void;
  /** What only it can read, as far as is known. */
  #kinds: ReadKinds;
  /** Questions that it has not answered in time. */
  #late = 0;

  /** `report` tells the main thread what it is to write of this thread. */
  constructor(
    peer: Peer<ThreadQuestions, MainQuestions>,
    { beat, kinds = { hasIncluded: false, hasGauges: false } }: Pick<Setup, 'beat' | 'kinds'>,
    report: () => void,
  ) {
    this.#peer = peer;
    this.#beat = beat;
    this.#kinds = kinds;
    this.#report = report;
  }

  /** For how long it has been blocked, in seconds; 0 while it is at work. */
  get blockedSeconds(): number {
    return blockedSeconds(silenceOf(this.#beat));
  }

  get kinds(): ReadKinds {
    return this.#kinds;
  }

  /** Whether scrapes would lack series without it. */
  get isMissed(): boolean {
    return this.#kinds.hasIncluded || this.#kinds.hasGauges;
  }

  /** Whether it is known to be busy, so that nothing is asked of it. */
  get isSilent(): boolean {
    return this.#late > 0 || silenceOf(this.#beat) > (this.isMissed ? longPatience : silentAfter);
  }

  /** Lets it write its book. Undefined if it does not do so in time, or is known to be blocked. Never rejects. */
  async write(page?: PageQuestion): Promise<Written | undefined> {
    if (this.isSilent) return undefined;
    this.#report();
    const written = await this.#inTime(this.#peer.ask('write', page), this.isMissed ? longPatience : patience);
    if (written !== undefined) this.#kinds = written.kinds;
    return written;
  }

  /** Lets it read what only it can read. Undefined if it is blocked before it has done so. Never rejects. */
  async read(question: ReadQuestion): Promise<ReadFamilies | undefined> {
    if (this.isSilent) return undefined;
    if (!this.isMissed) return { included: [], gauges: [] };
    // It gives up by itself on what takes too long.
    return this.#inTime(this.#peer.ask('read', question), Infinity);
  }

  /** The answer; undefined if it does not come in so many seconds, or if the main thread is silent for a second meanwhile. */
  async #inTime<Answer>(asked: Promise<Answer>, seconds: number): Promise<Answer | undefined> {
    const question = { isLate: false };
    const settled = this.#settle(asked, question);
    const end = monotonicSeconds() + seconds;
    do {
      const left = Math.min((end - monotonicSeconds()) * 1000, lookEvery);
      const answer = await orLate(settled, left);
      if (answer !== 'late') return answer;
    } while (monotonicSeconds() < end && silenceOf(this.#beat) < longPatience);
    question.isLate = true;
    this.#late += 1;
    return undefined;
  }

  /** Never rejects: the main thread counts what it fails at. */
  async #settle<Answer>(asked: Promise<Answer>, question: { readonly isLate: boolean }): Promise<Answer | undefined> {
    try {
      return await asked;
    } catch {
      return undefined;
    } finally {
      if (question.isLate) this.#late -= 1;
    }
  }
}

/** What the promise resolves with, or `'late'` if that takes so many milliseconds. */
async function orLate<Answer>(promise: Promise<Answer>, milliseconds: number): Promise<Answer | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    // An answer that is there, and that this thread was too slow to read, is in time.
    timer = setTimeout(() => setImmediate(resolve, 'late'), milliseconds);
  });
  const answer = await Promise.race([promise, late]);
  clearTimeout(timer);
  return answer;
}
