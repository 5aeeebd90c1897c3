import { checkBuckets, defaultBuckets } from './buckets.ts';
import type { Counter } from './counter.ts';
import { readCounter, readGauge, readHistogram, TracedHistogram, UsersCounter } from './declared.ts';
import type { Drop } from './drop.ts';
import { MetricsError } from './errors.ts';
import type { Exemplars } from './exemplars.ts';
import { Family, type LabeledSeries } from './family.ts';
import type { FaultCounter } from './fault-counter.ts';
import { Gauge } from './gauge.ts';
import { Histogram } from './histogram.ts';
import { occupiedNames } from './names.ts';
import { NativeHistogram, type NativeHistogramOptions } from './native/native-histogram.ts';
import { checkNative } from './native/native-options.ts';
import { printable, quoted } from './printable.ts';
import type { HistogramSeries, Labels, LiveFamily, MetricFamily, MetricType, NumberSeries } from './snapshot.ts';
import {
  type AnySpec,
  type Buckets,
  checkSpec,
  type LabeledSpec,
  type MetricSpec,
  type UserType,
} from './user/spec.ts';

/** Families whose numbers live elsewhere: their names are reserved when they are added, and they are read at each scrape. */
export interface Collector {
  readonly families: readonly { readonly name: string; readonly type: MetricType }[];
  /** Called once for each scrape; the families in their order. */
  collect(): Iterable<LiveFamily>;
}

/** A registry of another library that shares scrapes with ours. */
export interface Neighbour {
  /** Whose this sample name is there, as words for a message; undefined where it is free. */
  ownerOf(sample: string): string | undefined;
  /** Told after each metric that was added. */
  added(): void;
}

interface Declared {
  /** What two declarations of one name must agree on, as text. */
  readonly shape: string;
  readonly metric: unknown;
  readonly collect: () => LiveFamily;
}

export interface RegistryOptions {
  /** The native buckets of histograms that do not say what theirs are like; none by default. */
  readonly native?: Required<NativeHistogramOptions> | undefined;
  /** What counters and histograms get their exemplars from; they have none by default. */
  readonly exemplars?: Exemplars | undefined;
  /** Seconds since 1970. */
  readonly wallClock?: (() => number) | undefined;
}

/** The metrics of one endpoint: the user's own and what collectors bring. A name belongs to one of them. */
export class Registry {
  readonly #faults: FaultCounter<'metric', 'metric'>;
  readonly #native: Required<NativeHistogramOptions> | undefined;
  readonly #exemplars: Exemplars | undefined;
  readonly #wallClock: () => number;
  readonly #declared = new Map<string, Declared>();
  readonly #collectors: Collector[] = [];
  /** Every sample name in use, and the metric that uses it. */
  readonly #owners = new Map<string, string>();
  readonly #neighbours = new Set<Neighbour>();

  constructor(
    faults: FaultCounter<'metric', 'metric'>,
    { native, exemplars, wallClock = () => Date.now() / 1000 }: RegistryOptions = {},
  ) {
    this.#faults = faults;
    this.#native = native;
    this.#exemplars = exemplars;
    this.#wallClock = wallClock;
  }

  /** Throws `metric_conflict` where a name is in use already. */
  add(collector: Collector): void {
    for (const { name, type } of collector.families) this.#claim(name, type);
    this.#collectors.push(collector);
    this.#tellNeighbours();
  }

  /** From now on names that the neighbour has are not to be claimed. */
  join(neighbour: Neighbour): void {
    this.#neighbours.add(neighbour);
  }

  /** The metric of ours that uses this sample name. */
  ownerOf(sample: string): string | undefined {
    return this.#owners.get(sample);
  }

  counter<Name extends string>(spec: LabeledSpec<Name>): Family<Name, Counter>;
  counter(spec: MetricSpec): Counter;
  counter(spec: AnySpec): unknown {
    const maxSeries = checkSpec('counter', spec);
    const drop = this.#dropper(spec);
    const create = () => new UsersCounter(drop, this.#wallClock(), this.#exemplars);
    return this.#declare('counter', spec, { maxSeries }, create, readCounter);
  }

  gauge<Name extends string>(spec: LabeledSpec<Name>): Family<Name, Gauge>;
  gauge(spec: MetricSpec): Gauge;
  gauge(spec: AnySpec): unknown {
    const maxSeries = checkSpec('gauge', spec);
    const drop = this.#dropper(spec);
    return this.#declare('gauge', spec, { maxSeries }, () => new Gauge(drop), readGauge);
  }

  histogram<Name extends string>(spec: LabeledSpec<Name> & Buckets): Family<Name, Histogram>;
  histogram(spec: MetricSpec & Buckets): Histogram;
  histogram(spec: AnySpec): unknown {
    const maxSeries = checkSpec('histogram', spec);
    const drop = this.#dropper(spec);
    const { name, buckets = defaultBuckets } = spec;
    const bounds = checkBuckets(name, buckets);
    const native = this.#nativeOf(spec);
    const create = () => {
      const extras = { native: native && new NativeHistogram(native), created: this.#wallClock() };
      return this.#exemplars === undefined
        ? new Histogram(bounds, drop, extras)
        : new TracedHistogram(bounds, drop, extras, this.#exemplars);
    };
    return this.#declare('histogram', spec, { maxSeries, bounds, native }, create, readHistogram);
  }

  /**
   * All families: the collectors' first, then the user's, in the order of their declaration. Their series are not read yet.
   * `read` can give others in place of a collector's own; that their names are free is its to see to.
   */
  live(read = (collector: Collector): Iterable<LiveFamily> => collector.collect()): LiveFamily[] {
    const collected = this.#collectors.flatMap((collector) => [...read(collector)]);
    for (const { collect } of this.#declared.values()) collected.push(collect());
    return collected;
  }

  /** The same, read at this moment. */
  collect(): MetricFamily[] {
    return this.live().map(snapshot);
  }

  /**
   * The metric of this name: made at the first declaration, the same one at each further declaration that agrees,
   * so that a module that is loaded twice does not crash the service.
   */
  #declare<Child>(
    type: UserType,
    { name, help, labelNames, maxSeries: given }: AnySpec,
    { maxSeries, bounds = [], native }: { maxSeries: number; bounds?: readonly number[]; native?: object | undefined },
    create: () => Child,
    read: (series: LabeledSeries<Child>) => NumberSeries | HistogramSeries,
  ): unknown {
    const shape = JSON.stringify({ type, help, labelNames, maxSeries: given, bounds, native });
    const known = this.#declared.get(name);
    if (known !== undefined) {
      if (known.shape === shape) return known.metric;
      throw new MetricsError('metric_conflict', `"${name}" is declared as ${shape}, but was before as ${known.shape}`);
    }
    this.#claim(name, type);

    const metric = labelNames === undefined ? create() : this.#family(name, labelNames, maxSeries, create);
    const series =
      metric instanceof Family ? () => metric.series() : () => [{ labels: noLabels, key: '', child: metric }];
    const collect = () => ({ name, help, type, series: map(series(), read) });
    this.#declared.set(name, { shape, metric, collect });
    this.#tellNeighbours();
    return metric;
  }

  #nativeOf({ name, nativeHistogram }: AnySpec): Required<NativeHistogramOptions> | undefined {
    if (this.#native !== undefined && (nativeHistogram === undefined || nativeHistogram === true)) return this.#native;
    return checkNative(`nativeHistogram of "${name}"`, nativeHistogram);
  }

  #family<Child>(
    metric: string,
    labelNames: readonly string[],
    maxSeries: number,
    create: () => Child,
  ): Family<string, Child> {
    const reject = (problem: string) => this.#faults.count('metric', problem, metric);
    const problem = `"${metric}" has ${maxSeries} series`;
    const folded = () => this.#faults.fold('metric', problem, metric);
    return new Family([...labelNames], create, reject, { maxSeries, folded });
  }

  #claim(name: string, type: MetricType): void {
    const names = occupiedNames(name, type);
    for (const sample of names) {
      const owner = this.#userOf(sample);
      if (owner === undefined) continue;
      const remedy = `the name "${sample}" is in use by ${owner}: choose another name`;
      throw new MetricsError('metric_conflict', `${type} "${name}" cannot be declared: ${remedy}`);
    }
    for (const sample of names) this.#owners.set(sample, name);
  }

  #userOf(sample: string): string | undefined {
    const own = this.#owners.get(sample);
    if (own !== undefined) return `"${own}"`;
    for (const neighbour of this.#neighbours) {
      const owner = neighbour.ownerOf(sample);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  #tellNeighbours(): void {
    for (const neighbour of this.#neighbours) neighbour.added();
  }

  /** Counts values that the metric cannot take. Warns of each metric once. */
  #dropper({ name }: AnySpec): Drop {
    return (value) => this.#faults.count('metric', `cannot take the value ${brief(value)}`, name);
  }
}

const noLabels: Labels = Object.freeze({});

/** A text in quotes, shortened: it is made for each value that is dropped, and may be large. */
function brief(value: unknown): string {
  return typeof value === 'string' ? quoted(value.slice(0, 100)) : printable(value);
}

/** Without the keys, which are for who writes the series down. */
function snapshot(family: LiveFamily): MetricFamily {
  const series = Array.from(family.series, ({ key: _key, ...one }) =>
    'buckets' in one ? { ...one, buckets: [...one.buckets], exemplars: one.exemplars && [...one.exemplars] } : one,
  );
  return { ...family, series } as MetricFamily; // a family's series are of its type
}

function* map<From, To>(items: Iterable<From>, to: (item: From) => To): Generator<To, void> {
  for (const item of items) yield to(item);
}
