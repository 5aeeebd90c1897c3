import { Histogram as BucketHistogram, type HistogramExtras } from '../histogram.ts';
import type { Labels } from '../snapshot.ts';
import { Family, type LabeledMetric } from './family.ts';
import type { LiveHistogram } from './live-series.ts';
import type { MetricContext, ObserveOptions } from './metric-context.ts';
import type { LabelValues } from './series-keys.ts';
import { startTimer } from './timer.ts';

/** One series of a histogram: how many observations there were in each bucket, and their sum. */
export interface Histogram {
  /** Observations so far. */
  readonly count: number;
  /**
   * Counts `value`. Values that are not finite are dropped and counted, and so are negative values unless the first of `buckets` is
   * below 0.
   *
   * ```ts
   * histogram.observe(0.25);
   * histogram.observe(0.25, { exemplar: { trace_id: '4bf92f3577b34da6' } });
   * ```
   */
  observe(value: number, options?: ObserveOptions): void;
  /**
   * Starts a timer. Returns a function that stops it, observes the seconds, and returns them.
   * To stop it again observes nothing and returns the same seconds.
   *
   * ```ts
   * const end = metrics.histogram({ name: 'backup_seconds', help: 'Duration of a backup' }).startTimer();
   * await backUp();
   * const seconds = end();
   * ```
   */
  startTimer(): () => number;
}

/** A histogram with labels: one series for each combination of label values that was used. */
export interface LabeledHistogram<Name extends string> extends LabeledMetric<Name, Histogram> {
  /**
   * Starts a timer for a series whose labels are not all known yet. The function that stops it takes the others, and is else like
   * that of a series:
   *
   * ```ts
   * const end = queries.startTimer({ table: 'orders' });
   * const found = await query();
   * end({ result: found ? 'hit' : 'miss' });
   * ```
   */
  startTimer(labels?: Partial<LabelValues<Name>>): (others?: Partial<LabelValues<Name>>) => number;
}

/** A histogram with labels as the registry keeps it. */
export class TimedFamily<Name extends string> extends Family<Name, UserHistogram> implements LabeledHistogram<Name> {
  readonly #clock: () => number;

  /** `clock` is monotonic, in seconds. */
  constructor(clock: () => number, ...parts: ConstructorParameters<typeof Family<Name, UserHistogram>>) {
    super(...parts);
    this.#clock = clock;
  }

  startTimer(labels?: Partial<LabelValues<Name>>): (others?: Partial<LabelValues<Name>>) => number {
    const known = { ...labels }; // the caller's object may change
    return startTimer(this.#clock, (seconds, others?: Partial<LabelValues<Name>>) => {
      this.labels({ ...known, ...others } as LabelValues<Name>).observe(seconds); // `labels` checks them
    });
  }
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

  override observe(value: number, options?: ObserveOptions): void {
    super.observe(value);
    if (options !== undefined || this.#context.isWatched) finish(this, value, options, this.#context);
  }

  startTimer(): () => number {
    return startTimer(this.#context.clock, (seconds) => this.observe(seconds));
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

/** Slow path: for observations with an exemplar, and for those that somebody wants to know of. */
function finish(
  histogram: UserHistogram,
  value: number,
  options: ObserveOptions | undefined,
  context: MetricContext,
): void {
  const exemplar = histogram.accepts(value) ? context.makeExemplar(value, options) : undefined;
  if (exemplar !== undefined) histogram.exemplify(exemplar);
  if (context.changed !== undefined) context.changed(histogram);
}

const noLabels: Labels = Object.freeze({});
