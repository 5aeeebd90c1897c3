import { type BeatMemory, blockedSeconds, silenceOf } from './beat.ts';
import type { Peer } from './peer.ts';
import type { MainQuestions, PageQuestion, ThreadQuestions, Written } from './questions.ts';

/** How long a scrape waits for the main thread, in milliseconds. It has longer turns, and then is asked for nothing. */
const patience = 50;

/** From how long a silence on the main thread is asked for nothing, in seconds. It says ten times a second that it is at work. */
const silentAfter = 0.3;

/** The main thread, as the thread of the endpoint sees it. */
export class MainThread {
  readonly #peer: Peer<ThreadQuestions, MainQuestions>;
  readonly #beat: BeatMemory;
  readonly #report: () => void;
  /** Questions that it has not answered in time. */
  #late = 0;

  /** `report` tells the main thread what it is to write of this thread. */
  constructor(peer: Peer<ThreadQuestions, MainQuestions>, beat: BeatMemory, report: () => void) {
    this.#peer = peer;
    this.#beat = beat;
    this.#report = report;
  }

  /** For how long it has been blocked, in seconds; 0 while it is at work. */
  get blockedSeconds(): number {
    return blockedSeconds(silenceOf(this.#beat));
  }

  /** Whether it is known to be busy, so that nothing is asked of it. */
  get isSilent(): boolean {
    return this.#late > 0 || silenceOf(this.#beat) > silentAfter;
  }

  /** Lets it write its book. Undefined if it does not do so in time, or is known to be blocked. Never rejects. */
  async write(page?: PageQuestion): Promise<Written | undefined> {
    if (this.isSilent) return undefined;
    this.#report();
    return this.#inTime(this.#peer.ask('write', page));
  }

  /** The answer; undefined if it does not come in time. */
  async #inTime<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
    const question = { isLate: false };
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise<'late'>((resolve) => {
      // An answer that is there, and that this thread was too slow to read, is in time.
      timer = setTimeout(() => setImmediate(resolve, 'late'), patience);
    });
    const answer = await Promise.race([this.#settle(asked, question), passed]);
    clearTimeout(timer);
    if (answer !== 'late') return answer;
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
