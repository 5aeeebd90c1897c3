import { escapeQuoted, labelsKey } from './labels.ts';
import type {
  Exemplar,
  HistogramSeries,
  Labels,
  LiveFamily,
  MetricFamily,
  NativeBuckets,
  NumberSeries,
  SummarySeries,
} from './snapshot.ts';

type AnySeries = NumberSeries | HistogramSeries | SummarySeries;

/** Labels with one value each, for every series of an endpoint. A series' own label of the same name wins. */
export class ConstantLabels {
  readonly #labels: Labels;
  readonly #all: readonly Part[];
  /** All labels, as they stand at the end of a key. */
  readonly #text: string;

  constructor(labels: Labels) {
    this.#labels = { ...labels };
    this.#all = Object.entries(this.#labels).map(([name, value]) => new Part(name, value));
    this.#text = this.#all.map(({ text }) => text).join(',');
  }

  /** The families with these labels on each series. As of a `LiveFamily`, a series is to be used before the next one. */
  addTo(families: LiveFamily[]): LiveFamily[] {
    if (this.#all.length === 0) return families;
    return families.map((family) => ({ ...family, series: this.#read(family.series) }));
  }

  /** The same for families that are plain data. */
  addToSnapshot(families: MetricFamily[]): MetricFamily[] {
    if (this.#all.length === 0) return families;
    const add = (series: AnySeries) => ({ ...series, labels: this.labels(series.labels) });
    return families.map((family) => ({ ...family, series: family.series.map(add) }) as MetricFamily); // of its type still
  }

  /** The labels of a series, its own first. */
  labels(own: Labels): Labels {
    return { ...own, ...this.#labels, ...own };
  }

  /** `labelsKey` of a series' labels with these. */
  key(series: Pick<AnySeries, 'key' | 'labels'>): string {
    const own = series.key ?? labelsKey(series.labels);
    if (own === '') return this.#text;
    if (!this.#all.some((part) => part.mayBeIn(own))) return `${own},${this.#text}`;
    // Slow path: a label of the same name, or a value that looks like one.
    const { labels } = series;
    const missing = this.#all.filter(({ name }) => !Object.hasOwn(labels, name));
    return [own, ...missing.map(({ text }) => text)].join(',');
  }

  *#read(series: Iterable<AnySeries>): Generator<AnySeries, void> {
    const [number, histogram, summary] = [
      new LabeledNumber(this),
      new LabeledHistogram(this),
      new LabeledSummary(this),
    ];
    for (const one of series) {
      if ('buckets' in one) yield histogram.show(one);
      else if ('quantiles' in one) yield summary.show(one);
      else yield number.show(one);
    }
  }
}

/** One constant label in the notation of keys. */
class Part {
  readonly name: string;
  readonly text: string;
  readonly #first: string;
  readonly #further: string;

  constructor(name: string, value: string) {
    this.name = name;
    this.#first = `${name}="`;
    this.#further = `",${name}="`;
    this.text = `${this.#first}${escapeQuoted(value)}"`;
  }

  /** Whether a key can have a label of this name. False is certain. */
  mayBeIn(key: string): boolean {
    return key.startsWith(this.#first) || key.includes(this.#further);
  }
}

/**
 * A series with the constant labels. One object stands for each series of a family in turn.
 *
 * It reads the series below it when an encoder asks, so that a scrape copies nothing.
 */
abstract class LabeledSeries<Series extends AnySeries> {
  protected series!: Series;
  readonly #constant: ConstantLabels;

  constructor(constant: ConstantLabels) {
    this.#constant = constant;
  }

  show(series: Series): this {
    this.series = series;
    return this;
  }

  get labels(): Labels {
    return this.#constant.labels(this.series.labels);
  }

  get key(): string {
    return this.#constant.key(this.series);
  }

  get created(): number | undefined {
    return this.series.created;
  }
}

class LabeledNumber extends LabeledSeries<NumberSeries> implements NumberSeries {
  get value(): number {
    return this.series.value;
  }

  get exemplar(): Exemplar | undefined {
    return this.series.exemplar;
  }
}

class LabeledHistogram extends LabeledSeries<HistogramSeries> implements HistogramSeries {
  get bounds(): readonly number[] {
    return this.series.bounds;
  }

  get buckets(): readonly number[] {
    return this.series.buckets;
  }

  get sum(): number {
    return this.series.sum;
  }

  get native(): NativeBuckets | undefined {
    return this.series.native;
  }

  get exemplars(): readonly (Exemplar | undefined)[] | undefined {
    return this.series.exemplars;
  }
}

class LabeledSummary extends LabeledSeries<SummarySeries> implements SummarySeries {
  get quantiles(): SummarySeries['quantiles'] {
    return this.series.quantiles;
  }

  get sum(): number {
    return this.series.sum;
  }

  get count(): number {
    return this.series.count;
  }
}
