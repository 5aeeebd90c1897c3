/** What came of asking: an answer, an error, or nothing in time. */
export type Outcome =
  | { readonly answer: unknown }
  | { readonly error: unknown }
  | { readonly missed: 'late' | 'still late' };

interface Reading {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Whether somebody has given up on it. */
  late: boolean;
}

/**
 * Asks others, and waits for each no longer than it may take.
 *
 * Who is being asked is not asked again: a scrape that comes meanwhile shares the answer. Who has not answered in time is not waited for
 * until it has, so that a collector that hangs costs one wait and one promise, however many scrapes come.
 */
export class Readings {
  readonly #underWay = new WeakMap<object, Reading>();

  /** `passed` is when to give up. Never rejects and never throws. */
  async ask(whom: object, question: () => unknown, passed: Promise<void>): Promise<Outcome> {
    const known = this.#underWay.get(whom);
    if (known?.late === true) return { missed: 'still late' };
    const reading = known ?? this.#start(whom, question);
    const outcome = await Promise.race([reading.outcome, passed]);
    if (outcome !== undefined) return outcome;
    reading.late = true;
    return { missed: 'late' };
  }

  #start(whom: object, question: () => unknown): Reading {
    const reading: Reading = { outcome: outcomeOf(question), late: false };
    this.#underWay.set(whom, reading);
    void reading.outcome.then(() => this.#underWay.delete(whom));
    return reading;
  }
}

async function outcomeOf(question: () => unknown): Promise<Outcome> {
  try {
    return { answer: await question() };
  } catch (error) {
    return { error };
  }
}
