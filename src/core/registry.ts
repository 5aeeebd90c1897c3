import { checkBuckets, defaultBuckets } from './buckets.ts';
import { monotonicSeconds } from './clock.ts';
import { copyFamily } from './copy-family.ts';
import { MetricsError } from './errors.ts';
import { Exemplars } from './exemplars.ts';
import type { FaultCounter } from './fault-counter.ts';
import { NameOwners, type Neighbour } from './name-owners.ts';
import { NativeHistogram, type NativeHistogramOptions } from './native/native-histogram.ts';
import { brief } from './printable.ts';
import type { FamilyHead, LiveFamily, MetricFamily, MetricType } from './snapshot.ts';
import { type Counter, UserCounter } from './user/counter.ts';
import type { Declared, Kind, Metric } from './user/declared.ts';
import { Family, type FamilyLimits, type LabeledMetric } from './user/family.ts';
import { type Gauge, UserGauge } from './user/gauge.ts';
import { type GaugeFamilies, GaugeReader } from './user/gauge-reader.ts';
import { type Histogram, type LabeledHistogram, TimedFamily, UserHistogram } from './user/histogram.ts';
import { LiveHistogram, LiveNumber, readAll } from './user/live-series.ts';
import { MetricContext } from './user/metric-context.ts';
import { chooseNative } from './user/native-choice.ts';
import { ReadGauge } from './user/read-gauge.ts';
import { SeriesKeys } from './user/series-keys.ts';
import type { FamilyWatcher, WatchedFamily } from './user/series-watcher.ts';
import {
  type AnySpec,
  checkSpec,
  type GaugeSpec,
  type HistogramSpec,
  type LabeledGaugeSpec,
  type LabeledHistogramSpec,
  type LabeledMetricSpec,
  type LabeledReadGaugeSpec,
  type MetricSpec,
  mergeOf,
  type ReadGaugeSpec,
  type UserType,
} from './user/spec.ts';

/** Families whose numbers live elsewhere: their names are reserved when they are added, and they are read at each scrape. */
export interface Collector {
  readonly families: readonly { readonly name: string; readonly type: MetricType }[];
  /** Called once for each scrape; the families in their order. */
  collect(): Iterable<LiveFamily>;
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
  #watcher: FamilyWatcher | undefined;
  readonly #wallClock: () => number;
  readonly #clock: () => number;
  readonly #declared = new Map<string, Declared>();
  readonly #collectors: Collector[] = [];
  readonly #names = new NameOwners();
  readonly #reader: GaugeReader;

  constructor(
    faults: FaultCounter<'exemplar' | 'metric', 'metric'>,
    { native, exemplars, wallClock = () => Date.now() / 1000, clock = monotonicSeconds }: RegistryOptions = {},
  ) {
    this.#faults = faults;
    this.#reader = new GaugeReader(faults);
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

  /** From now on `watcher` is told of each metric of the user's and of its series: of those that there are, and of new ones. */
  watch(watcher: FamilyWatcher): void {
    this.#watcher = watcher;
    for (const { watch } of this.#declared.values()) watch?.(watcher);
  }

  /** From now on a metric cannot have a name of the neighbour's. */
  join(neighbour: Neighbour): void {
    this.#names.join(neighbour);
  }

  /** Ends the waiting for gauges whose `read` hangs. */
  giveUp(): void {
    this.#reader.giveUp();
  }

  /** The metric of ours that uses this sample name. */
  ownerOf(sample: string): string | undefined {
    return this.#names.ownerOf(sample);
  }

  counter<Name extends string>(spec: LabeledMetricSpec<Name>): LabeledMetric<Name, Counter>;
  counter(spec: MetricSpec): Counter;
  counter(spec: AnySpec): unknown {
    const maxSeries = checkSpec('counter', spec);
    return this.#declare('counter', spec, {}, () => {
      return this.#make<UserCounter>('counter', spec, maxSeries, (context) => ({
        create: () => new UserCounter(context),
        read: (children, keys) => readAll(children, new LiveNumber(keys), (series, child) => child.readInto(series)),
      }));
    });
  }

  gauge<Name extends string>(spec: LabeledReadGaugeSpec<Name>): void;
  gauge(spec: ReadGaugeSpec): void;
  gauge<Name extends string>(spec: LabeledGaugeSpec<Name>): LabeledMetric<Name, Gauge>;
  gauge(spec: GaugeSpec): Gauge;
  gauge(spec: AnySpec): unknown {
    const maxSeries = checkSpec('gauge', spec);
    const { read, timeoutSeconds } = spec;
    if (read !== undefined) {
      const options = { isRead: true, timeoutSeconds, ...mergeOf(spec) };
      const gauge = this.#declare('gauge', spec, options, () => this.#makeRead(spec, read, maxSeries)) as ReadGauge; // its shape says so
      gauge.read = read;
      return undefined;
    }
    return this.#declare('gauge', spec, mergeOf(spec), () => {
      return this.#make<UserGauge>('gauge', spec, maxSeries, (context) => ({
        create: () => new UserGauge(context),
        read: (children, keys) => readAll(children, new LiveNumber(keys), (series, child) => child.readInto(series)),
      }));
    });
  }

  histogram<Name extends string>(spec: LabeledHistogramSpec<Name>): LabeledHistogram<Name>;
  histogram(spec: HistogramSpec): Histogram;
  histogram(spec: AnySpec): unknown {
    const maxSeries = checkSpec('histogram', spec);
    const { name, buckets = defaultBuckets } = spec;
    const bounds = checkBuckets(name, buckets);
    const native = chooseNative(spec, bounds, this.#native);
    return this.#declare('histogram', spec, { bounds, native }, () => {
      return this.#make<UserHistogram>('histogram', spec, maxSeries, (context) => ({
        family: (...parts) => new TimedFamily(context.clock, ...parts),
        create: () => new UserHistogram(bounds, context, { native: native && new NativeHistogram(native) }),
        read: (children, keys) => readAll(children, new LiveHistogram(keys), (series, child) => child.readInto(series)),
      }));
    });
  }

  /** Name, type and help text of every family, in their order. Nothing is read. */
  families(): FamilyHead[] {
    const collected = this.#collectors.flatMap((collector) => [...collector.collect()]);
    return [...collected, ...this.#declared.values()];
  }

  /** Whether there are gauges that have a function of the user's. */
  get hasReadGauges(): boolean {
    return this.#readGauges().length > 0;
  }

  /** Reads the gauges that have a function of the user's: those with one of these names, or all without names. Never rejects. */
  read(names: readonly string[] = []): Promise<GaugeFamilies> {
    return this.#reader.read(this.#readGauges().filter(({ name }) => names.length === 0 || names.includes(name)));
  }

  /**
   * All families: the collectors' first, then the user's, in the order of their declaration. Their series are not read yet.
   * Gauges with a function of the user's are as `gauges` has them, and left out where it has none.
   * `read` can give others in place of a collector's own; that their names are free is its to see to.
   */
  live(
    read = (collector: Collector): Iterable<LiveFamily> => collector.collect(),
    gauges: GaugeFamilies = new Map(),
  ): LiveFamily[] {
    const collected = this.#collectors.flatMap((collector) => [...read(collector)]);
    for (const { collect } of this.#declared.values()) {
      const family = collect(gauges);
      if (family !== undefined) collected.push(family);
    }
    return collected;
  }

  /** How the values of a gauge with a function become one in several processes, and how many series it may have. */
  headOf(name: string): Pick<WatchedFamily, 'merge' | 'limit'> | undefined {
    return this.#declared.get(name);
  }

  /** All families at this moment, without gauges whose function is asynchronous. */
  collect(): MetricFamily[] {
    return this.live(undefined, this.#reader.readNow(this.#readGauges())).map(copyFamily);
  }

  /** All families, once every gauge has been read. */
  async collectAll(): Promise<MetricFamily[]> {
    return this.live(undefined, await this.read()).map(copyFamily);
  }

  #readGauges(): ReadGauge[] {
    return Array.from(this.#declared.values(), ({ metric }) => metric).filter((metric) => metric instanceof ReadGauge);
  }

  /**
   * The metric of this name: made at the first declaration, the same one at each further declaration that agrees,
   * so that a module that is loaded twice does not crash the service.
   */
  #declare(
    type: UserType,
    { name, help, labelNames, maxSeries, merge = 'sum' }: AnySpec,
    { bounds = [], ...more }: { readonly bounds?: readonly number[]; readonly [option: string]: unknown },
    make: () => Metric,
  ): unknown {
    const shape = JSON.stringify({ type, help, labelNames, maxSeries, bounds, ...more });
    const known = this.#declared.get(name);
    if (known !== undefined) {
      if (known.shape === shape) return known.metric;
      throw new MetricsError('metric_conflict', `"${name}" is declared as ${shape}, but was before as ${known.shape}`);
    }
    this.#names.claim(name, type);
    const made = make();
    this.#declared.set(name, { ...made, name, help, type, shape, merge });
    this.#names.announce();
    return made.metric;
  }

  #make<Child extends object>(
    type: UserType,
    spec: AnySpec,
    maxSeries: number,
    kindWith: (context: MetricContext) => Kind<Child>,
  ): Metric {
    const { name, help, labelNames, merge = 'sum' } = spec;
    const keys = new SeriesKeys([...(labelNames ?? [])]);
    const limit = labelNames && { maxSeries, others: keys.others };
    const context = this.#context(spec);
    const { create, family = (...parts) => new Family(...parts), read } = kindWith(context);
    const limits = this.#limits(name, maxSeries);
    const metric = labelNames === undefined ? create() : family(keys, create, limits);
    const children = metric instanceof Family ? metric.children() : ([['', metric]] as const);
    const watch = (families: FamilyWatcher) => {
      const watcher = families.declared({
        name,
        help,
        type,
        merge,
        limit,
        read: (series) => read(series as Iterable<readonly [string, Child]>, keys), // those that it was told of
      });
      limits.watcher = watcher;
      context.watch((series) => watcher.changed(series));
      for (const [key, child] of children) watcher.added(key, child);
    };
    if (this.#watcher !== undefined) watch(this.#watcher);
    return { metric, limit, watch, collect: () => ({ name, help, type, series: read(children, keys) }) };
  }

  #makeRead({ name, help, labelNames, timeoutSeconds = 1 }: AnySpec, read: () => unknown, maxSeries: number): Metric {
    const keys = labelNames && new SeriesKeys([...labelNames]);
    const metric = new ReadGauge({ name, help, keys, limits: this.#limits(name, maxSeries), timeoutSeconds }, read);
    return { metric, limit: keys && { maxSeries, others: keys.others }, collect: (gauges) => gauges.get(name) };
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
    const [exemplars, isTraced] = [this.#exemplars, this.#isTraced];
    return new MetricContext({ name, drop, wallClock, clock, exemplars, isTraced });
  }
}
