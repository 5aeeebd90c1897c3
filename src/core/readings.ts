/** The outcome of a question: an answer, an error, or nothing in time. */
export type Outcome = { readonly answer: unknown } | { readonly error: unknown } | { readonly missed: Missed };

/** Why there is no answer: its time has passed, now or in an earlier scrape, or nobody waits any more. */
type Missed = 'late' | 'still late' | 'given up';

/** How long something is waited for. */
export interface Patience {
  /** Resolves when the waiting is over. */
  readonly passed: Promise<Missed>;
  /** Ends its timer. */
  readonly clear: () => void;
}

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
  readonly #waiting = new Set<(why: Missed) => void>();

  /** Starts to wait for so many seconds. The caller clears it in the end. */
  wait(seconds: number): Patience {
    let timer: NodeJS.Timeout | undefined;
    let end: (why: Missed) => void = () => {};
    const passed = new Promise<Missed>((resolve) => {
      end = resolve;
      timer = setTimeout(resolve, seconds * 1000, 'late');
    });
    this.#waiting.add(end);
    const clear = () => {
      clearTimeout(timer);
      this.#waiting.delete(end);
    };
    return { passed, clear };
  }

  /** Ends all waiting that is under way. */
  giveUp(): void {
    for (const end of this.#waiting) end('given up');
  }

  /** Gives up when `passed` resolves. Never rejects and never throws. */
  async ask(whom: object, question: () => unknown, passed: Promise<Missed>): Promise<Outcome> {
    const known = this.#underWay.get(whom);
    if (known?.late === true) return { missed: 'still late' };
    const reading = known ?? this.#start(whom, question);
    const outcome = await Promise.race([reading.outcome, passed]);
    if (typeof outcome === 'object') return outcome;
    reading.late = true;
    return { missed: outcome };
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

/** Why there is no answer. `call` is what was asked, such as `read()`. */
export function describeMissed(missed: Missed, call: string, seconds: number): string {
  const reasons: Readonly<Record<Missed, string>> = {
    late: `took longer than ${seconds} s`,
    'still late': 'has still not ended since an earlier scrape',
    'given up': 'had not ended when close() was called',
  };
  return `left out, as its ${call} ${reasons[missed]}`;
}
