import type { Drop } from '../drop.ts';
import type { Exemplars } from '../exemplars.ts';
import type { Exemplar } from '../snapshot.ts';

export interface MetricContextOptions {
  /** Counts a value that the metric cannot take. */
  readonly drop: Drop;
  /** Seconds since 1970. */
  readonly wallClock: () => number;
  /** Monotonic, in seconds. */
  readonly clock: () => number;
  /** Where the metric's exemplars come from; undefined for a metric without. */
  readonly exemplars?: Exemplars | undefined;
}

/** What all series of one metric share. Each series refers to it, and so is little more than its number. */
export class MetricContext {
  readonly drop: Drop;
  readonly wallClock: () => number;
  readonly clock: () => number;
  readonly exemplars: Exemplars | undefined;
  /** The last exemplar of each counter; undefined until the first, so that a metric without exemplars pays nothing. */
  #latest: WeakMap<object, Exemplar> | undefined;
  /** Milliseconds since 1970. */
  readonly #declared: number;

  constructor({ drop, wallClock, clock, exemplars }: MetricContextOptions) {
    this.drop = drop;
    this.wallClock = wallClock;
    this.clock = clock;
    this.exemplars = exemplars;
    this.#declared = this.#milliseconds();
  }

  /**
   * Milliseconds since the metric was declared.
   *
   * A series keeps the time at which it began like this, as V8 allocates nothing for a small integer.
   */
  age(): number {
    return this.#milliseconds() - this.#declared;
  }

  /** The time of this age, in seconds since 1970. */
  timeOf(age: number): number {
    return (this.#declared + age) / 1000;
  }

  exemplarOf(counter: object): Exemplar | undefined {
    return this.#latest === undefined ? undefined : this.#latest.get(counter);
  }

  setExemplar(counter: object, exemplar: Exemplar): void {
    this.#latest ??= new WeakMap();
    this.#latest.set(counter, exemplar);
  }

  #milliseconds(): number {
    return Math.round(this.wallClock() * 1000);
  }
}
