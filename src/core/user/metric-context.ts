import type { Drop } from '../drop.ts';
import type { Exemplars } from '../exemplars.ts';
import type { Exemplar } from '../snapshot.ts';

/** What can be said about one observation. */
export interface ObserveOptions {
  /**
   * Labels that lead from a graph to this observation, such as `{ trace_id: '4bf92f3577b34da6' }`: names and values have at most
   * 128 characters together. Labels that cannot be an exemplar are dropped and counted, and the observation counts all the same.
   */
  readonly exemplar?: Readonly<Record<string, string>> | undefined;
}

export interface MetricContextOptions {
  readonly name: string;
  /** Counts a value that the metric cannot take. */
  readonly drop: Drop;
  /** Seconds since 1970. */
  readonly wallClock: () => number;
  /** Monotonic, in seconds. */
  readonly clock: () => number;
  readonly exemplars: Exemplars;
  /** Whether each observation has the exemplar of the trace that it is part of. */
  readonly isTraced: boolean;
}

/** What all series of one metric share. Each series refers to it, and so is little more than its number. */
export class MetricContext {
  readonly drop: Drop;
  readonly wallClock: () => number;
  readonly clock: () => number;
  readonly isTraced: boolean;
  /** Called by a series that has changed; undefined where nobody wants to know. */
  changed: ((series: object) => void) | undefined;
  /** Whether something is to be done after each observation. */
  isWatched: boolean;
  readonly #name: string;
  readonly #exemplars: Exemplars;
  /** The last exemplar of each counter; undefined until the first, so that a metric without exemplars pays nothing. */
  #latest: WeakMap<object, Exemplar> | undefined;
  /** Milliseconds since 1970. */
  readonly #declared: number;

  constructor({ name, drop, wallClock, clock, exemplars, isTraced }: MetricContextOptions) {
    this.drop = drop;
    this.wallClock = wallClock;
    this.clock = clock;
    this.isTraced = isTraced;
    this.changed = undefined;
    this.isWatched = isTraced;
    this.#name = name;
    this.#exemplars = exemplars;
    this.#declared = this.#milliseconds();
  }

  /** From now on `changed` is told of each series that changes. */
  watch(changed: (series: object) => void): void {
    this.changed = changed;
    this.isWatched = true;
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

  /** The exemplar of an observation: the one that the user gives, or else the one of the trace. Never throws. */
  makeExemplar(value: number, options: ObserveOptions | undefined): Exemplar | undefined {
    const given = options?.exemplar;
    if (given !== undefined) return this.#exemplars.given(given, value, this.#name);
    return this.isTraced ? this.#exemplars.of(value) : undefined;
  }

  /** The last exemplar of this counter. */
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
