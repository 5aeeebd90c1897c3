import { checkKeys, keysOf, renamedTo } from '../../core/check-keys.ts';
import { checkObject } from '../../core/check-object.ts';
import { invalidOption, MetricsError } from '../../core/errors.ts';
import type { FaultCounter } from '../../core/fault-counter.ts';
import type { Neighbour } from '../../core/name-owners.ts';
import { occupiedNames } from '../../core/names.ts';
import { quoted } from '../../core/printable.ts';
import { describeMissed, type Outcome, type Patience, Readings } from '../../core/readings.ts';
import type { Labels, LiveFamily } from '../../core/snapshot.ts';
import { conflictRemedy, type IsRuntime } from './conflict.ts';
import { readDefaults } from './samples.ts';
import { type Settled, settleNames } from './shared-names.ts';
import { translate } from './translate.ts';
import { checkRegistry, type ForeignHead, headOf, isObject, type PromClientRegistry } from './types.ts';

/** Options of a registry that is included. */
export interface IncludeRegistryOptions {
  /**
   * Longest time that each metric's `collect()` may take, in seconds, 0.001 to 60. By default 1.
   *
   * A metric that takes longer is left out of the scrape. Choose a time well below the scraper's own timeout.
   */
  readonly timeoutSeconds?: number | undefined;
}

/** What the registries of others are to know of ours. */
export interface OwnMetrics {
  /** The metric of ours that uses this sample name. */
  ownerOf(sample: string): string | undefined;
  /** Whether a metric in a registry of others is one of ours, put there by `registerInto`. */
  has(metric: object): boolean;
  readonly isRuntime: IsRuntime;
}

interface Found extends ForeignHead {
  /** Every sample name that it has in any format. */
  readonly samples: readonly string[];
  readonly metric: object;
}

/** Every field has a default; the default is in the signature of `read`. */
export interface ReadOptions {
  /** Names of families that are left out. */
  readonly without?: readonly string[];
  /** Labels for each series without labels of these names. */
  readonly labels?: Labels;
  /** Whether the answer is OpenMetrics, where metrics have more names to share. */
  readonly inOpenMetrics?: boolean;
}

/** A family of an included registry, and how prom-client makes one value of those of several processes. */
export interface IncludedMetric extends LiveFamily {
  /** As the metric says it, whatever that is. */
  readonly aggregator?: unknown;
}

/** Who has which sample name in one scrape. */
type Users = Map<string, { readonly name: string; readonly registry: PromClientRegistry }>;

/**
 * Registries of others that are scraped along. Each metric is read on its own, all of them at once: one that throws, hangs or lies
 * is left out, counted and named, and costs nothing else.
 *
 * Nothing of theirs is changed: neither the registry's content type nor a metric's name nor the labels of a value.
 */
export class IncludedRegistries implements Neighbour {
  readonly #faults: FaultCounter<'include'>;
  readonly #own: OwnMetrics;
  readonly #timeouts = new Map<PromClientRegistry, number>();
  readonly #readings = new Readings();

  constructor(faults: FaultCounter<'include'>, own: OwnMetrics) {
    this.#faults = faults;
    this.#own = own;
  }

  /** Throws `invalid_option`, or `metric_conflict` where a name is in use here. A second time only the timeout is new. */
  add(registry: PromClientRegistry, options: IncludeRegistryOptions = {}): void {
    checkRegistry('include', registry);
    const timeoutSeconds = checkTimeout(options);
    for (const { name, samples } of this.#metricsOf(registry)) this.#checkFree(registry, name, samples);
    this.#timeouts.set(registry, timeoutSeconds);
  }

  /** Whether there is no registry. */
  get isEmpty(): boolean {
    return this.#timeouts.size === 0;
  }

  ownerOf(sample: string): string | undefined {
    for (const registry of this.#timeouts.keys()) {
      const owner = this.#ownerIn(registry, sample);
      if (owner !== undefined) return `"${owner}" of an included registry`;
    }
    return undefined;
  }

  added(): void {
    // What is added here has names that are free in every included registry.
  }

  /** The families that have one of these names or a sample of it; all without names. No other metric is read. Never rejects. */
  async read(
    names: readonly string[],
    { without = [], labels = {}, inOpenMetrics = false }: ReadOptions = {},
  ): Promise<IncludedMetric[]> {
    const users: Users = new Map();
    const reads: Promise<IncludedMetric[]>[] = [];
    const problem = (name: string, said: string) => this.#fault(name, said);
    for (const [registry, seconds] of this.#timeouts) {
      const free = this.#metricsOf(registry, this.#faults).filter((found) => this.#claim(registry, found, users));
      const asked = settleNames(free, inOpenMetrics, problem).filter(
        ({ head: { name, samples } }) =>
          !without.includes(name) && (names.length === 0 || samples.some((sample) => names.includes(sample))),
      );
      if (asked.length > 0) reads.push(this.#readAll(registry, asked, seconds, labels));
    }
    return (await Promise.all(reads)).flat();
  }

  /** Ends all waiting that is under way. */
  giveUp(): void {
    this.#readings.giveUp();
  }

  /** Whether none but its own registry has one of its names; what others have under the name of ours would be there twice. */
  #claim(registry: PromClientRegistry, { name, samples }: Found, users: Users): boolean {
    for (const sample of samples) {
      const own = this.#own.ownerOf(sample);
      const user = users.get(sample);
      const other = user === undefined || user.registry === registry ? undefined : `"${user.name}" of another registry`;
      const owner = own === undefined ? other : `"${own}"`;
      if (owner === undefined) continue;
      this.#fault(name, `left out, as the name "${sample}" is in use by ${owner}`);
      return false;
    }
    for (const sample of samples) users.set(sample, { name, registry });
    return true;
  }

  async #readAll(
    registry: PromClientRegistry,
    found: readonly Settled<Found>[],
    seconds: number,
    constant: Labels,
  ): Promise<IncludedMetric[]> {
    const { passed, clear } = this.#readings.wait(seconds);
    try {
      const own = this.#defaultLabels(registry, seconds, passed);
      const defaults = own.then((labels) => ({ ...labels, ...constant, ...labels }));
      const reads = found.map((one) => this.#readOne(one, defaults, seconds, passed));
      return (await Promise.all(reads)).filter((family) => family !== undefined);
    } finally {
      clear();
    }
  }

  async #readOne(
    { head: { metric, name, type }, isUntyped }: Settled<Found>,
    defaults: Promise<Labels>,
    seconds: number,
    passed: Patience['passed'],
  ): Promise<IncludedMetric | undefined> {
    const get = () => (metric as { get(): unknown }).get(); // what it really is shows when it is asked
    const outcome = await this.#readings.ask(metric, get, passed);
    const labels = await defaults;
    try {
      const given = answerOf(outcome, seconds);
      const translated = translate(given, { name, type }, labels, (problem) => this.#fault(name, problem));
      const family = { ...translated, aggregator: (metric as { aggregator?: unknown }).aggregator };
      return isUntyped ? { ...family, isUntyped } : family;
    } catch (error) {
      this.#fault(name, error);
      return undefined;
    }
  }

  /**
   * What `setDefaultLabels` was given. No method says it, but `getMetricsAsJSON` puts them on every value: here on that of
   * a registry which is this one, but for its only metric.
   */
  async #defaultLabels(registry: PromClientRegistry, seconds: number, passed: Patience['passed']): Promise<Labels> {
    const family = { values: [{ value: 0, labels: {} }] };
    const probe = { get: () => Promise.resolve(family) };
    const ask = async () => {
      const view: PromClientRegistry = Object.create(registry, { getMetricsAsArray: { value: () => [probe] } });
      const [given] = await view.getMetricsAsJSON();
      if (given !== family) throw new Error('its getMetricsAsJSON does not read what its getMetricsAsArray gives');
      return family.values[0]?.labels;
    };
    try {
      const labels = answerOf(await this.#readings.ask(registry, ask, passed), seconds) as Labels; // of `family`
      return readDefaults(labels, (problem) => this.#fault('default labels', problem));
    } catch (error) {
      this.#faults.count('include', error, 'default labels');
      return {};
    }
  }

  /** What the registry has but for metrics of ours; what cannot be a metric is counted where `faults` are given. */
  #metricsOf(registry: PromClientRegistry, faults?: FaultCounter<'include'>): Found[] {
    const found: Found[] = [];
    const guard = (subject: string, action: () => void) => {
      try {
        action();
      } catch (error) {
        faults?.count('include', error, subject);
      }
    };
    guard('a registry', () => {
      for (const metric of registry.getMetricsAsArray()) {
        if (isObject(metric) && this.#own.has(metric)) continue;
        guard(labelOf(metric), () => {
          const head = headOf(registry, metric);
          found.push({ ...head, samples: occupiedNames(head.name, head.type), metric });
        });
      }
    });
    return found;
  }

  #checkFree(registry: PromClientRegistry, name: string, samples: readonly string[]): void {
    for (const sample of samples) {
      const own = this.#own.ownerOf(sample);
      const other = own === undefined ? this.#ownerInOthers(registry, sample) : undefined;
      if (own === undefined && other === undefined) continue;
      const owner = own === undefined ? `"${other}" of a registry that is included already` : `"${own}"`;
      const rename = 'rename one of the two, or keep one out of what is included';
      const remedy = conflictRemedy(name, this.#own.isRuntime, rename);
      throw new MetricsError(
        'metric_conflict',
        `the registry's "${name}" cannot be included: the name "${sample}" is in use by ${owner}: ${remedy}`,
      );
    }
  }

  #ownerInOthers(registry: PromClientRegistry, sample: string): string | undefined {
    for (const other of this.#timeouts.keys()) {
      const owner = other === registry ? undefined : this.#ownerIn(other, sample);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  #ownerIn(registry: PromClientRegistry, sample: string): string | undefined {
    return this.#metricsOf(registry).find(({ samples }) => samples.includes(sample))?.name;
  }

  #fault(name: string, cause: unknown): void {
    this.#faults.count('include', cause, name);
  }
}

const includeKeys = keysOf<IncludeRegistryOptions>({ timeoutSeconds: true });

function checkTimeout(options: IncludeRegistryOptions): number {
  checkObject('options of include() must be an object, such as { timeoutSeconds: 0.5 }', options);
  checkKeys('include()', options, includeKeys, { timeout: renamedTo('timeoutSeconds') });
  const { timeoutSeconds = 1 } = options;
  if (typeof timeoutSeconds === 'number' && timeoutSeconds >= 0.001 && timeoutSeconds <= 60) return timeoutSeconds;
  const problem = `timeoutSeconds of include() must be a number from 0.001 to 60, not ${quoted(timeoutSeconds)}`;
  throw invalidOption(problem);
}

/** The answer. Throws the reason why there is none. */
function answerOf(outcome: Outcome, seconds: number): unknown {
  if ('answer' in outcome) return outcome.answer;
  if ('error' in outcome) throw outcome.error;
  throw new Error(describeMissed(outcome.missed, 'collect()', seconds));
}

/** What a message calls a metric whose name may be none. */
function labelOf(metric: object): string {
  return isObject(metric) && typeof metric.name === 'string' ? metric.name.slice(0, 100) : 'a metric without a name';
}
