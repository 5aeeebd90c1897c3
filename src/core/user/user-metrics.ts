import type { Registry } from '../registry.ts';
import type { Counter } from './counter.ts';
import type { LabeledMetric } from './family.ts';
import type { Gauge } from './gauge.ts';
import type { Histogram, LabeledHistogram } from './histogram.ts';
import type {
  GaugeSpec,
  HistogramSpec,
  LabeledGaugeSpec,
  LabeledHistogramSpec,
  LabeledMetricSpec,
  LabeledReadGaugeSpec,
  MetricSpec,
  ReadGaugeSpec,
} from './spec.ts';

/** The part of `GrpcMetrics` that declares your own metrics. Nothing else makes one. */
export class UserMetrics {
  readonly #registry: Registry;

  protected constructor(registry: Registry) {
    this.#registry = registry;
  }

  /**
   * Declares a counter of your own, which is in every scrape. Without `labelNames` this returns its one series, with them a metric
   * whose `labels()` returns a series.
   *
   * ```ts
   * const orders = metrics.counter({ name: 'orders_total', help: 'Orders', labelNames: ['plan'] });
   * orders.labels({ plan: 'pro' }).inc();
   * ```
   *
   * The same declaration again returns the same metric. Throws `metric_conflict` for another declaration of the name, and
   * `invalid_name`, `invalid_label` or `invalid_option` for a declaration that cannot be right. The metric itself never throws.
   */
  counter<Name extends string>(spec: LabeledMetricSpec<Name>): LabeledMetric<Name, Counter>;
  counter(spec: MetricSpec): Counter;
  counter(spec: MetricSpec | LabeledMetricSpec<string>): Counter | LabeledMetric<string, Counter> {
    return this.#registry.counter(spec);
  }

  /**
   * Declares a gauge of your own, for a value that goes up and down. Like `counter`, or with a function that returns the value:
   *
   * ```ts
   * metrics.gauge({ name: 'pool_connections', help: 'Open connections', read: () => pool.size });
   * ```
   *
   * The library calls `read` at each scrape, and for viewers of the live page. A gauge whose `read` throws, hangs or returns no number
   * is left out, counted in `grpc_vitals_errors_total{stage="metric"}` and warned of once, and costs no other metric.
   * The same declaration again replaces the function.
   */
  gauge<Name extends string>(spec: LabeledReadGaugeSpec<Name>): void;
  gauge(spec: ReadGaugeSpec): void;
  gauge<Name extends string>(spec: LabeledGaugeSpec<Name>): LabeledMetric<Name, Gauge>;
  gauge(spec: GaugeSpec): Gauge;
  gauge(spec: GaugeSpec | LabeledGaugeSpec<string>): Gauge | LabeledMetric<string, Gauge> | undefined {
    return this.#registry.gauge(spec);
  }

  /**
   * Declares a histogram of your own, for a distribution of values. Like `counter`; throws `invalid_buckets`, too, unless the bounds are
   * finite and increase.
   *
   * ```ts
   * const end = metrics.histogram({ name: 'backup_seconds', help: 'Duration of a backup' }).startTimer();
   * await backUp();
   * end();
   * ```
   */
  histogram<Name extends string>(spec: LabeledHistogramSpec<Name>): LabeledHistogram<Name>;
  histogram(spec: HistogramSpec): Histogram;
  histogram(spec: HistogramSpec | LabeledHistogramSpec<string>): Histogram | LabeledHistogram<string> {
    return this.#registry.histogram(spec);
  }
}
