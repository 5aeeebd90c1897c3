import { isOpenMetrics } from '../../core/content-type.ts';
import { hasNegativeBound } from '../../core/histogram.ts';
import type {
  Exemplar,
  FamilyHead,
  HistogramSeries,
  MetricFamily,
  MetricType,
  SummarySeries,
} from '../../core/snapshot.ts';
import type { PromClientAggregator } from './aggregator.ts';
import type { ForeignExemplar, ForeignValue, PromClientRegistry } from './types.ts';

/** What `get()` of a metric of theirs gives: new at each call, as they write default labels into it. */
interface Given extends FamilyHead {
  readonly aggregator: PromClientAggregator;
  readonly values: ForeignValue[];
}

/**
 * A family of ours as a metric in a registry of prom-client 15 or @prometheus-io/client: what their `metrics`, `getMetricsAsJSON`,
 * `merge`, `aggregate` and cluster use of a metric. Native buckets have no place there.
 */
export class ForeignMetric {
  readonly help: string;
  readonly type: MetricType;
  readonly aggregator: PromClientAggregator;
  readonly #name: string;
  readonly #registry: PromClientRegistry;
  readonly #read: () => Promise<MetricFamily | undefined>;
  #inOpenMetrics = false;

  constructor(
    { name, type, help }: FamilyHead,
    aggregator: PromClientAggregator,
    registry: PromClientRegistry,
    read: () => Promise<MetricFamily | undefined>,
  ) {
    this.#name = name;
    this.type = type;
    this.help = help;
    this.aggregator = aggregator;
    this.#registry = registry;
    this.#read = read;
  }

  get name(): string {
    return this.#name;
  }

  /**
   * Their OpenMetrics scrape assigns each counter its name without `_total` and then asks for its text. Theirs lose the suffix by it
   * for good, in every later scrape of any format; ours is without it in the text that comes next.
   */
  set name(name: string) {
    this.#inOpenMetrics = name !== this.#name;
  }

  /** For JSON, which is what processes send each other. */
  async get(): Promise<Given> {
    return this.#give(this.#name, false);
  }

  /** For text. In OpenMetrics they put `_total` behind every sample of a counter, whatever its name. */
  async getForPromString(): Promise<Given> {
    const inOpenMetrics = this.#inOpenMetrics || isOpenMetrics(this.#registry.contentType);
    this.#inOpenMetrics = false;
    const name = inOpenMetrics && this.type === 'counter' ? this.#name.replace(/_total$/, '') : this.#name;
    return this.#give(name, inOpenMetrics);
  }

  /** Does nothing: `resetMetrics` of a registry is for tests of its owner, and a counter of ours that went back would lie. */
  reset(): void {
    // See above.
  }

  async #give(name: string, inOpenMetrics: boolean): Promise<Given> {
    const family = await this.#read();
    const values = family === undefined ? [] : valuesOf(family, inOpenMetrics);
    return { name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }
}

function valuesOf(family: MetricFamily, inOpenMetrics: boolean): ForeignValue[] {
  const values: ForeignValue[] = [];
  for (const series of family.series) {
    if ('buckets' in series) values.push(...histogramValues(family.name, series, inOpenMetrics));
    else if ('quantiles' in series) values.push(...summaryValues(family.name, series));
    else values.push({ value: series.value, labels: { ...series.labels }, ...exemplarOf(series.exemplar) });
  }
  return values;
}

function histogramValues(
  name: string,
  { labels, bounds, buckets, sum, exemplars }: HistogramSeries,
  inOpenMetrics: boolean,
): ForeignValue[] {
  const metricName = `${name}_bucket`;
  let count = 0;
  const values: ForeignValue[] = [];
  for (let index = 0; index <= bounds.length; index += 1) {
    count += buckets[index]!;
    const le = bounds[index] ?? '+Inf';
    values.push({ metricName, value: count, labels: { le, ...labels }, ...exemplarOf(exemplars?.[index]) });
  }
  // OpenMetrics has neither beside buckets below 0.
  return inOpenMetrics && hasNegativeBound(bounds) ? values : [...values, ...totals(name, labels, sum, count)];
}

function summaryValues(name: string, { labels, quantiles, sum, count }: SummarySeries): ForeignValue[] {
  const values = quantiles.map(([quantile, value]) => ({ value, labels: { quantile, ...labels } }));
  return [...values, ...totals(name, labels, sum, count)];
}

function totals(name: string, labels: Readonly<Record<string, string>>, sum: number, count: number): ForeignValue[] {
  return [
    { metricName: `${name}_sum`, value: sum, labels: { ...labels } },
    { metricName: `${name}_count`, value: count, labels: { ...labels } },
  ];
}

/** OpenMetrics allows 128 characters; theirs write whatever they are given, and the scrape would fail. */
function exemplarOf(exemplar: Exemplar | undefined): { exemplar?: ForeignExemplar } {
  if (exemplar === undefined) return {};
  const { labels, value, timestamp } = exemplar;
  const characters = Object.entries(labels).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  return characters > 128 ? {} : { exemplar: { labelSet: { ...labels }, value, timestamp } };
}
