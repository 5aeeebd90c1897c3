import type { Body } from './compressed.ts';

/** An answer that has a place. */
export interface Occupant {
  /** What is being sent; undefined while it is being rendered. */
  readonly body: Body | undefined;
  /** For how long the client has read nothing of it. */
  readonly unreadSeconds: number;
  cutOff(): void;
}

/** An answer that has not been read for so many seconds makes room for another scrape. */
const makesRoomAfter = 1;

/**
 * Most bytes that answers hold which wait for their readers, beyond the largest one. Scrapes at the same time share a
 * rendering, so only clients that do not read bring different ones together.
 */
const mostHeldBytes = 64 * 1024 * 1024;

/** The places of the scrapes that are being answered, from their request to their last byte. */
export class Places {
  readonly #most: number;
  readonly #answers = new Set<Occupant>();

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Whether there is room for one more. Where there is none, answers that have not been read for at least a second are
   * cut off, the longest waiting first: so clients that read nothing never shut out a scraper.
   */
  makeRoom(): boolean {
    while (this.#answers.size >= this.#most || this.#heldBytes() > mostHeldBytes) {
      const slowest = this.#slowest();
      if (slowest === undefined || slowest.unreadSeconds < makesRoomAfter) return false;
      slowest.cutOff();
      this.leave(slowest);
    }
    return true;
  }

  take(answer: Occupant): void {
    this.#answers.add(answer);
  }

  leave(answer: Occupant): void {
    this.#answers.delete(answer);
  }

  #slowest(): Occupant | undefined {
    let slowest: Occupant | undefined;
    for (const answer of this.#answers) {
      if (answer.unreadSeconds > (slowest?.unreadSeconds ?? 0)) slowest = answer;
    }
    return slowest;
  }

  #heldBytes(): number {
    const bodies = new Set(Array.from(this.#answers, ({ body }) => body));
    const lengths = Array.from(bodies, (body) => body?.length ?? 0);
    return lengths.reduce((sum, length) => sum + length, 0) - Math.max(0, ...lengths);
  }
}
