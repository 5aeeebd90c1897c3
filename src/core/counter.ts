import type { Drop } from './drop.ts';
import { isAmount } from './drop.ts';

/** One series of a counter: a number that only grows. */
export class Counter {
  #value = 0;
  readonly #drop: Drop;

  constructor(drop: Drop) {
    this.#drop = drop;
  }

  get value(): number {
    return this.#value;
  }

  /** Adds `by`. A negative or non-finite amount is dropped and counted: a counter that falls looks like a restart. */
  inc(by = 1): void {
    if (isAmount(by)) this.#value += by;
    else this.#drop(by);
  }
}
