import { checkBuckets, defaultBuckets } from './buckets.ts';
import { monotonicSeconds } from './clock.ts';
import { MetricsError } from './errors.ts';
import { Exemplars } from './exemplars.ts';
import type { FaultCounter } from './fault-counter.ts';
import { NameOwners, type Neighbour } from './name-owners.ts';
import { NativeHistogram, type NativeHistogramOptions } from './native/native-histogram.ts';
import { checkNative } from './native/native-options.ts';
import { printable, quoted } from './printable.ts';
import type { HistogramSeries, LiveFamily, MetricFamily, MetricType, NumberSeries, SummarySeries } from './snapshot.ts';
import { type Counter, UserCounter } from './user/counter.ts';
import { Family, type FamilyLimits } from './user/family.ts';
import { type Gauge, UserGauge } from './user/gauge.ts';
import { type Histogram, LabeledHistogram, UserHistogram } from './user/histogram.ts';
import { LiveHistogram, LiveNumber, readAll } from './user/live-series.ts';
import { MetricContext } from './user/metric-context.ts';
import { SeriesKeys } from './user/series-keys.ts';
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

type AnySeries = NumberSeries | HistogramSeries | SummarySeries;

/** What differs between counters, gauges and histograms. */
interface Kind<Child> {
  readonly create: () => Child;
  /** Makes the metric with labels; a plain `Family` by default. */
  readonly family?: (...parts: ConstructorParameters<typeof Family<string, Child>>) => Family<string, Child>;
  readonly read: (
    children: Iterable<readonly [key: string, child: Child]>,
    keys: SeriesKeys<string>,
  ) => Iterable<NumberSeries | HistogramSeries>;
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
  /** The exemplars of all observations of counters and histograms; only those that the user gives by default. */
  readonly exemplars?: Exemplars | undefined;
  /** Seconds since 1970. */
  readonly wallClock?: (() => number) | undefined;
  /** Monotonic, in seconds: for timers. */
  readonly clock?: (() => number) | undefined;
}

/** The metrics of one endpoint: the user's own and what collectors bring. A name belongs to one of them. */
export class Registry {
  readonly #faults: FaultCounter<'exemplar' | 'metric', 'metric'>;
  readonly #native: Required<NativeHistogramOptions> | undefined;
  readonly #exemplars: Exemplars;
  readonly #isTraced: boolean;
  readonly #wallClock: () => number;
  readonly #clock: () => number;
  readonly #declared = new Map<string, Declared>();
  readonly #collectors: Collector[] = [];
  readonly #names = new NameOwners();

  constructor(
    faults: FaultCounter<'exemplar' | 'metric', 'metric'>,
    { native, exemplars, wallClock = () => Date.now() / 1000, clock = monotonicSeconds }: RegistryOptions = {},
  ) {
    this.#faults = faults;
    this.#native = native;
    this.#exemplars = exemplars ?? new Exemplars(() => undefined, faults, wallClock);
    this.#isTraced = exemplars !== undefined;
    this.#wallClock = wallClock;
    this.#clock = clock;
  }

  /** Throws `metric_conflict` where a name is in use already. */
  add(collector: Collector): void {
    for (const { name, type } of collector.families) this.#names.claim(name, type);
    this.#collectors.push(collector);
    this.#names.announce();
  }

  /** From now on a metric cannot have a name of the neighbour's. */
  join(neighbour: Neighbour): void {
    this.#names.join(neighbour);
  }

  /** The metric of ours that uses this sample name. */
  ownerOf(sample: string): string | undefined {
    return this.#names.ownerOf(sample);
  }

  counter<Name extends string>(spec: LabeledSpec<Name>): Family<Name, Counter>;
  counter(spec: MetricSpec): Counter;
  counter(spec: AnySpec): unknown {
    const maxSeries = checkSpec('counter', spec);
    const context = this.#context(spec);
    return this.#declare(
      'counter',
      spec,
      { maxSeries },
      {
        create: () => new UserCounter(context),
        read: (children, keys) => readAll(children, new LiveNumber(keys), (series, child) => child.readInto(series)),
      },
    );
  }

  gauge<Name extends string>(spec: LabeledSpec<Name>): Family<Name, Gauge>;
  gauge(spec: MetricSpec): Gauge;
  gauge(spec: AnySpec): unknown {
    const maxSeries = checkSpec('gauge', spec);
    const context = this.#context(spec);
    return this.#declare(
      'gauge',
      spec,
      { maxSeries },
      {
        create: () => new UserGauge(context),
        read: (children, keys) => readAll(children, new LiveNumber(keys), (series, child) => child.readInto(series)),
      },
    );
  }

  histogram<Name extends string>(spec: LabeledSpec<Name> & Buckets): LabeledHistogram<Name>;
  histogram(spec: MetricSpec & Buckets): Histogram;
  histogram(spec: AnySpec): unknown {
    const maxSeries = checkSpec('histogram', spec);
    const context = this.#context(spec);
    const { name, buckets = defaultBuckets } = spec;
    const bounds = checkBuckets(name, buckets);
    const native = this.#nativeOf(spec);
    return this.#declare(
      'histogram',
      spec,
      { maxSeries, bounds, native },
      {
        family: (...parts) => new LabeledHistogram(context.clock, ...parts),
        create: () => new UserHistogram(bounds, context, { native: native && new NativeHistogram(native) }),
        read: (children, keys) => readAll(children, new LiveHistogram(keys), (series, child) => child.readInto(series)),
      },
    );
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
    { create, family = (...parts) => new Family(...parts), read }: Kind<Child>,
  ): unknown {
    const shape = JSON.stringify({ type, help, labelNames, maxSeries: given, bounds, native });
    const known = this.#declared.get(name);
    if (known !== undefined) {
      if (known.shape === shape) return known.metric;
      throw new MetricsError('metric_conflict', `"${name}" is declared as ${shape}, but was before as ${known.shape}`);
    }
    this.#names.claim(name, type);

    const keys = new SeriesKeys([...(labelNames ?? [])]);
    const metric = labelNames === undefined ? create() : family(keys, create, this.#limits(name, maxSeries));
    const children = metric instanceof Family ? metric.children() : ([['', metric]] as const);
    this.#declared.set(name, { shape, metric, collect: () => ({ name, help, type, series: read(children, keys) }) });
    this.#names.announce();
    return metric;
  }

  #nativeOf({ name, nativeHistogram }: AnySpec): Required<NativeHistogramOptions> | undefined {
    if (this.#native !== undefined && (nativeHistogram === undefined || nativeHistogram === true)) return this.#native;
    return checkNative(`nativeHistogram of "${name}"`, nativeHistogram);
  }

  #limits(name: string, maxSeries: number): FamilyLimits {
    const problem = `"${name}" has ${maxSeries} series`;
    return {
      maxSeries,
      folded: () => this.#faults.fold('metric', problem, name),
      reject: (cause) => this.#faults.count('metric', cause, name),
    };
  }

  /** Values that the metric cannot take are counted. Each metric gets one warning. */
  #context({ name }: AnySpec): MetricContext {
    const drop = (value: unknown) => this.#faults.count('metric', `cannot take the value ${brief(value)}`, name);
    const [wallClock, clock] = [this.#wallClock, this.#clock];
    return new MetricContext({ name, drop, wallClock, clock, exemplars: this.#exemplars, isTraced: this.#isTraced });
  }
}

/** A text in quotes, shortened: it is made for each value that is dropped, and may be large. */
function brief(value: unknown): string {
  return typeof value === 'string' ? quoted(value.slice(0, 100)) : printable(value);
}

/** A copy, without the keys, which are for encoders. */
function snapshot(family: LiveFamily): MetricFamily {
  return { ...family, series: Array.from(family.series, copy) } as MetricFamily; // a family's series are of its type
}

/** Field by field: V8 spreads objects with private fields twenty times slower. */
function copy(series: AnySeries): AnySeries {
  const { labels, created } = series;
  if ('buckets' in series) {
    const { bounds, buckets, sum, native, exemplars } = series;
    return { labels, bounds, buckets: [...buckets], sum, native, created, exemplars: exemplars && [...exemplars] };
  }
  if ('quantiles' in series)
    return { labels, quantiles: series.quantiles, sum: series.sum, count: series.count, created };
  const { value, exemplar } = series;
  return created === undefined && exemplar === undefined ? { labels, value } : { labels, value, created, exemplar };
}
