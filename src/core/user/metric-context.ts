import type { Drop } from '../drop.ts';
import type { Exemplars } from '../exemplars.ts';
import type { Exemplar } from '../snapshot.ts';

/** What all series of one metric share. Each series refers to it, and so is little more than its number. */
export class MetricContext {
  /** Counts a value that the metric cannot take. */
  readonly drop: Drop;
  /** Where the metric's exemplars come from; undefined for a metric without. */
  readonly exemplars: Exemplars | undefined;
  /** The last exemplar of each counter; undefined until the first, so that a metric without exemplars pays nothing. */
  #latest: WeakMap<object, Exemplar> | undefined;
  readonly #wallClock: () => number;
  /** Milliseconds since 1970. */
  readonly #declared: number;

  /** `wallClock` returns seconds since 1970. */
  constructor(drop: Drop, wallClock: () => number, exemplars?: Exemplars) {
    this.drop = drop;
    this.exemplars = exemplars;
    this.#wallClock = wallClock;
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
    return Math.round(this.#wallClock() * 1000);
  }
}
