import { Counter } from './counter.ts';
import { type Drop, isAmount } from './drop.ts';
import type { Exemplars } from './exemplars.ts';
import type { LabeledSeries } from './family.ts';
import type { Gauge } from './gauge.ts';
import { Histogram, type HistogramExtras } from './histogram.ts';
import type { Exemplar, HistogramSeries, NumberSeries } from './snapshot.ts';

/** A counter that knows when it came to be, in seconds since 1970, and in which trace it was counted last. */
export class UsersCounter extends Counter {
  readonly created: number;
  exemplar: Exemplar | undefined = undefined;
  readonly #exemplars: Exemplars | undefined;

  constructor(drop: Drop, created: number, exemplars: Exemplars | undefined) {
    super(drop);
    this.created = created;
    this.#exemplars = exemplars;
  }

  override inc(by = 1): void {
    super.inc(by);
    if (this.#exemplars !== undefined && isAmount(by)) this.exemplar = this.#exemplars.of(by) ?? this.exemplar;
  }
}

/** A histogram that keeps with each bucket in which trace it was observed last. */
export class TracedHistogram extends Histogram {
  readonly #exemplars: Exemplars;

  constructor(bounds: readonly number[], drop: Drop, extras: HistogramExtras, exemplars: Exemplars) {
    super(bounds, drop, extras);
    this.#exemplars = exemplars;
  }

  override observe(value: number): void {
    super.observe(value);
    const exemplar = isAmount(value) ? this.#exemplars.of(value) : undefined;
    if (exemplar !== undefined) this.exemplify(exemplar);
  }
}

export function readCounter({ labels, key, child }: LabeledSeries<UsersCounter>): NumberSeries {
  return { labels, key, value: child.value, created: child.created, exemplar: child.exemplar };
}

export function readGauge({ labels, key, child }: LabeledSeries<Gauge>): NumberSeries {
  return { labels, key, value: child.value };
}

export function readHistogram({ labels, key, child }: LabeledSeries<Histogram>): HistogramSeries {
  return child.live(labels, key);
}
