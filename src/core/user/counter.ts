import { isAmount } from '../drop.ts';
import type { LiveNumber } from './live-series.ts';
import type { MetricContext, ObserveOptions } from './metric-context.ts';

/** One series of a counter: a number that only grows. */
export interface Counter {
  readonly value: number;
  /**
   * Adds `by`, 1 by default. A negative or non-finite amount is dropped and counted: a counter that falls looks like a restart.
   *
   * ```ts
   * counter.inc();
   * counter.inc(3, { exemplar: { trace_id: '4bf92f3577b34da6' } });
   * ```
   */
  inc(by?: number, options?: ObserveOptions): void;
}

/** A counter as the registry keeps it. A private method would cost each counter another 8 bytes (`bench/memory.ts`). */
export class UserCounter implements Counter {
  #value = 0;
  readonly #context: MetricContext;
  readonly #age: number;

  constructor(context: MetricContext) {
    this.#context = context;
    this.#age = context.age();
  }

  get value(): number {
    return this.#value;
  }

  inc(by = 1, options?: ObserveOptions): void {
    if (!isAmount(by)) {
      this.#context.drop(by);
      return;
    }
    this.#value += by;
    if (options !== undefined || this.#context.isWatched) finish(this, by, options, this.#context);
  }

  readInto(series: LiveNumber): void {
    series.value = this.#value;
    series.created = this.#context.timeOf(this.#age);
    series.exemplar = this.#context.exemplarOf(this);
  }
}

/** Slow path: for observations with an exemplar, and for those that somebody wants to know of. */
function finish(counter: UserCounter, by: number, options: ObserveOptions | undefined, context: MetricContext): void {
  const exemplar = context.makeExemplar(by, options);
  if (exemplar !== undefined) context.setExemplar(counter, exemplar);
  if (context.changed !== undefined) context.changed(counter);
}
