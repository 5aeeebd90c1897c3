/** The outcome of a question: an answer, an error, or nothing in time. */
export type Outcome =
  | { readonly answer: unknown }
  | { readonly error: unknown }
  | { readonly missed: 'late' | 'still late' };

interface Reading {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Whether a scrape has given up on it. */
  late: boolean;
}

/**
 * Asks functions of the user for their answers, and waits for each no longer than it may take.
 *
 * A function that is being asked is not asked again: a scrape that comes meanwhile shares the answer. After a timeout nobody waits
 * for it until it has answered. So a function that hangs costs one wait and one promise, however many scrapes come.
 */
export class Readings {
  readonly #underWay = new WeakMap<object, Reading>();

  /** Gives up when `passed` resolves. Never rejects and never throws. */
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

/** A promise that resolves after `seconds`, and a function that ends its timer. */
export function startTimeout(seconds: number): { readonly passed: Promise<void>; readonly clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  return { passed, clear: () => clearTimeout(timer) };
}

/** Why there is no answer. `call` is what was asked, such as `read()`. */
export function describeMissed(missed: 'late' | 'still late', call: string, seconds: number): string {
  return missed === 'late'
    ? `left out, as its ${call} took longer than ${seconds} s`
    : `left out, as its ${call} has still not ended since an earlier scrape`;
}
