import { checkKeys, keysOf } from '../../core/check-keys.ts';
import { checkObject } from '../../core/check-object.ts';
import { MetricsError } from '../../core/errors.ts';
import type { Neighbour } from '../../core/name-owners.ts';
import { occupiedNames } from '../../core/names.ts';
import type { FamilyHead, MetricFamily } from '../../core/snapshot.ts';
import { aggregatorOf, checkAggregators, type PromClientAggregator } from './aggregator.ts';
import { conflictRemedy, type IsRuntime } from './conflict.ts';
import { ForeignMetric } from './foreign-metric.ts';
import { checkRegistry, headOf, type PromClientRegistry } from './types.ts';

/** Options of a registry that the library's metrics are registered into. */
export interface RegisterIntoOptions {
  /**
   * How prom-client's cluster support (`AggregatorRegistry`) merges the values of several processes, by metric name.
   *
   * By default it adds them. Of `_info` gauges it takes the first, of gauges in seconds the largest.
   */
  readonly aggregators?: Readonly<Record<string, PromClientAggregator>> | undefined;
}

/** Our metrics, to be put into registries of others. */
export interface OwnFamilies {
  families(): readonly FamilyHead[];
  /** Waits for gauges with a function of the user's. */
  collectAll(): Promise<readonly MetricFamily[]>;
}

interface Target {
  readonly metrics: Map<string, ForeignMetric>;
  readonly aggregators: Readonly<Record<string, PromClientAggregator>>;
}

/** Registries of others that our metrics are put into: all there are, and each further one when it is declared. */
export class TargetRegistries implements Neighbour {
  readonly #own: OwnFamilies;
  readonly #isRuntime: IsRuntime;
  readonly #targets = new Map<PromClientRegistry, Target>();
  readonly #ours = new WeakSet<object>();
  #snapshot: Promise<readonly MetricFamily[]> | undefined;

  constructor(own: OwnFamilies, isRuntime: IsRuntime = () => false) {
    this.#own = own;
    this.#isRuntime = isRuntime;
  }

  /**
   * Throws `invalid_option`, or `metric_conflict` where a name is in use there; nothing is registered then.
   * A second time puts back what was taken out of the registry.
   */
  add(registry: PromClientRegistry, options: RegisterIntoOptions = {}): void {
    checkRegistry('registerInto', registry);
    checkObject('options of registerInto() must be an object, such as { aggregators }', options);
    checkKeys('registerInto()', options, registerKeys);
    const { aggregators = {} } = options;
    checkAggregators(aggregators);
    const target = { metrics: this.#targets.get(registry)?.metrics ?? new Map(), aggregators };
    this.#fill(registry, target);
    this.#targets.set(registry, target);
  }

  /** Whether this metric of theirs is one of ours. */
  has(metric: object): boolean {
    return this.#ours.has(metric);
  }

  ownerOf(sample: string): string | undefined {
    for (const registry of this.#targets.keys()) {
      const owner = this.#ownerIn(registry, sample);
      if (owner !== undefined) return `"${owner}" of a registry that these metrics are registered into`;
    }
    return undefined;
  }

  added(): void {
    for (const [registry, target] of this.#targets) this.#fill(registry, target);
  }

  #fill(registry: PromClientRegistry, target: Target): void {
    const missing = this.#own
      .families()
      .filter(({ name }) => !target.metrics.has(name) || registry.getSingleMetric(name) !== target.metrics.get(name));
    for (const { name, type } of missing) this.#checkFree(registry, name, occupiedNames(name, type));
    const registered: string[] = [];
    try {
      for (const { name, type, help } of missing) {
        const aggregator = target.aggregators[name] ?? aggregatorOf(name, type);
        const metric = new ForeignMetric({ name, type, help }, aggregator, registry, () => this.#familyOf(name));
        this.#ours.add(metric);
        registry.registerMetric(metric as never); // they take any object with these members
        registered.push(name);
        target.metrics.set(name, metric);
      }
    } catch (error) {
      for (const name of registered) registry.removeSingleMetric(name);
      throw error;
    }
  }

  /** All metrics of one scrape of theirs are asked in one turn: they share one snapshot, which is one moment. */
  async #familyOf(name: string): Promise<MetricFamily | undefined> {
    if (this.#snapshot === undefined) {
      this.#snapshot = this.#own.collectAll();
      queueMicrotask(() => {
        this.#snapshot = undefined;
      });
    }
    return (await this.#snapshot).find((family) => family.name === name);
  }

  #checkFree(registry: PromClientRegistry, name: string, samples: readonly string[]): void {
    for (const sample of samples) {
      const owner = this.#ownerIn(registry, sample);
      if (owner === undefined) continue;
      const rename = 'rename one of the two, or take theirs out of the registry';
      const remedy = conflictRemedy(name, this.#isRuntime, rename);
      throw new MetricsError(
        'metric_conflict',
        `"${name}" cannot be registered: the name "${sample}" is in use by the registry's "${owner}": ${remedy}`,
      );
    }
  }

  #ownerIn(registry: PromClientRegistry, sample: string): string | undefined {
    for (const metric of registry.getMetricsAsArray()) {
      if (this.#ours.has(metric)) continue;
      try {
        const { name, type } = headOf(registry, metric);
        if (occupiedNames(name, type).includes(sample)) return name;
      } catch {
        // What has no valid name has none of ours.
      }
    }
    return undefined;
  }
}

const registerKeys = keysOf<RegisterIntoOptions>({ aggregators: true });
