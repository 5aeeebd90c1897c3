import type { Drop } from './drop.ts';

/** One series of a gauge: a number that goes up and down. */
export class Gauge {
  #value = 0;
  readonly #drop: Drop;

  constructor(drop: Drop) {
    this.#drop = drop;
  }

  get value(): number {
    return this.#value;
  }

  /** Any number, infinities and NaN too, since a gauge forgets them at the next `set`. Anything else is dropped. */
  set(value: number): void {
    if (typeof value === 'number') this.#value = value;
    else this.#drop(value);
  }

  /** Adds `by`, which may be negative. A non-finite amount is dropped and counted. */
  inc(by = 1): void {
    if (Number.isFinite(by)) this.#value += by;
    else this.#drop(by);
  }

  dec(by = 1): void {
    if (Number.isFinite(by)) this.#value -= by;
    else this.#drop(by);
  }
}
