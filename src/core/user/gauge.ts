import type { LiveNumber } from './live-series.ts';
import type { MetricContext } from './metric-context.ts';

/** One series of a gauge: a number that goes up and down. */
export interface Gauge {
  readonly value: number;
  /** Sets any number, infinities and NaN too, since a gauge forgets them at the next `set`. Any other value is dropped and counted. */
  set(value: number): void;
  /** Adds `by`, 1 by default, which may be negative. A non-finite amount is dropped and counted. */
  inc(by?: number): void;
  /** Subtracts `by`, 1 by default, like `inc`. */
  dec(by?: number): void;
  /** Sets the time of day, in seconds since 1970: when something happened last, such as a backup. */
  setToCurrentTime(): void;
}

/** A gauge as the registry keeps it. */
export class UserGauge implements Gauge {
  #value = 0;
  readonly #context: MetricContext;

  constructor(context: MetricContext) {
    this.#context = context;
  }

  get value(): number {
    return this.#value;
  }

  set(value: number): void {
    if (typeof value !== 'number') {
      this.#context.drop(value);
      return;
    }
    this.#value = value;
    if (this.#context.changed !== undefined) this.#context.changed(this);
  }

  inc(by = 1): void {
    if (!Number.isFinite(by)) {
      this.#context.drop(by);
      return;
    }
    this.#value += by;
    if (this.#context.changed !== undefined) this.#context.changed(this);
  }

  dec(by = 1): void {
    if (Number.isFinite(by)) this.inc(-by);
    else this.#context.drop(by);
  }

  setToCurrentTime(): void {
    this.set(this.#context.wallClock());
  }

  readInto(series: LiveNumber): void {
    series.value = this.#value;
  }
}
