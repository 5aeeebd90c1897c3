import { isAmount } from '../drop.ts';
import { Histogram as BucketHistogram, type HistogramExtras } from '../histogram.ts';
import type { Labels } from '../snapshot.ts';
import type { LiveHistogram } from './live-series.ts';
import type { MetricContext } from './metric-context.ts';

/** One series of a histogram: how many observations there were in each bucket, and their sum. */
export interface Histogram {
  /** Observations so far. */
  readonly count: number;
  /** Counts `value`. Negative and non-finite values are dropped and counted: either would spoil the sum for good. */
  observe(value: number): void;
}

/** A histogram as the registry keeps it. */
export class UserHistogram extends BucketHistogram implements Histogram {
  readonly #context: MetricContext;
  readonly #age: number;

  constructor(bounds: readonly number[], context: MetricContext, extras?: HistogramExtras) {
    super(bounds, context.drop, extras);
    this.#context = context;
    this.#age = context.age();
  }

  override observe(value: number): void {
    super.observe(value);
    if (this.#context.exemplars !== undefined && isAmount(value)) exemplify(this, value, this.#context);
  }

  readInto(series: LiveHistogram): void {
    const { bounds, buckets, sum, native, exemplars } = this.live(noLabels);
    series.bounds = bounds;
    series.buckets = buckets;
    series.sum = sum;
    series.native = native;
    series.exemplars = exemplars;
    series.created = this.#context.timeOf(this.#age);
  }
}

/** Slow path: exemplars are on. */
function exemplify(histogram: UserHistogram, value: number, { exemplars }: MetricContext): void {
  const exemplar = exemplars?.of(value);
  if (exemplar !== undefined) histogram.exemplify(exemplar);
}

const noLabels: Labels = Object.freeze({});
