import { labelsKey } from '../../core/labels.ts';
import { isLabelName } from '../../core/names.ts';
import { printable } from '../../core/printable.ts';
import type { Exemplar, Labels } from '../../core/snapshot.ts';
import { isObject } from './types.ts';

/** One value of a foreign metric. */
export interface Sample {
  /** Behind the family's name: `_sum`, or nothing. */
  readonly part: string;
  /** What tells it from the others of its series: the value of `le` or `quantile`. */
  readonly bound: unknown;
  readonly value: unknown;
  readonly exemplar: unknown;
}

/** The samples that one series is made of. */
export interface Group {
  readonly labels: Labels;
  readonly key: string;
  readonly samples: Sample[];
}

/** Every field is that of one family. */
export interface GroupOptions {
  /** What its samples' names begin with. */
  readonly name: string;
  /** The label that is not the series' own. */
  readonly bound: 'le' | 'quantile' | undefined;
  /** For labels that a value has not. */
  readonly defaults: Labels;
  /** Told of values that cannot be read. */
  readonly reject: (problem: string) => void;
}

/** The values by their series, in the order in which those came. */
export function groupSamples(values: readonly unknown[], options: GroupOptions): Generator<Group, void> {
  return options.bound === undefined ? singles(values, options) : gathered(values, options);
}

/** Each as soon as it is read, so that not all of them must be kept at once; of several with the same labels the first. */
function* singles(values: readonly unknown[], options: GroupOptions): Generator<Group, void> {
  const orders = new LabelOrders();
  const keys = new Set<string>();
  for (const given of values) {
    try {
      const { labels, sample } = readSample(given, options);
      const own = orders.sort(readLabels(labels, options.defaults, undefined));
      const key = labelsKey(own);
      if (keys.has(key)) throw new Error(`the series ${JSON.stringify(own)} is there more than once`);
      keys.add(key);
      yield { labels: own, key, samples: [sample] };
    } catch (error) {
      options.reject(messageOf(error));
    }
  }
}

/** All of them at the end: samples of a series need not come in a row. */
function* gathered(values: readonly unknown[], options: GroupOptions): Generator<Group, void> {
  const { bound, defaults, reject } = options;
  const orders = new LabelOrders();
  const known = new Map<string, Group>();
  /** The labels as they came, and whose they are: most often a dozen samples in a row have the same. */
  let last: { readonly labels: ForeignLabels; readonly group: Group } | undefined;
  for (const given of values) {
    try {
      const { labels, sample } = readSample(given, options);
      if (last === undefined || !sameLabels(labels, last.labels, bound)) {
        last = { labels, group: findGroup(known, orders.sort(readLabels(labels, defaults, bound))) };
      }
      last.group.samples.push(sample);
    } catch (error) {
      reject(messageOf(error));
    }
  }
  yield* known.values();
}

type ForeignLabels = Readonly<Record<string, unknown>>;

function readSample(given: unknown, { name, bound }: GroupOptions): { labels: ForeignLabels; sample: Sample } {
  if (!isObject(given)) throw new Error(`${printable(given)} is no value`);
  const { metricName = name, labels = {}, value, exemplar } = given;
  if (typeof metricName !== 'string' || !metricName.startsWith(name)) {
    throw new Error(`it has a sample named ${printable(metricName)}`);
  }
  if (!isObject(labels)) throw new Error(`${printable(labels)} is no object of labels`);
  const own = bound === undefined ? undefined : labels[bound];
  return { labels, sample: { part: metricName.slice(name.length), bound: own, value, exemplar } };
}

/** Undefined for what is no exemplar. */
export function readExemplar(given: unknown): Exemplar | undefined {
  if (!isObject(given)) return undefined;
  const { labelSet, value, timestamp } = given;
  if (!isObject(labelSet) || typeof value !== 'number' || typeof timestamp !== 'number') return undefined;
  try {
    return { labels: readLabels(labelSet, {}, undefined), value, timestamp };
  } catch {
    return undefined;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : printable(error);
}

function findGroup(groups: Map<string, Group>, labels: Labels): Group {
  const key = labelsKey(labels);
  const known = groups.get(key);
  if (known !== undefined) return known;
  const group: Group = { labels, key, samples: [] };
  groups.set(key, group);
  return group;
}

/** Whether both have the same values, but for that of `bound`. */
function sameLabels(some: ForeignLabels, others: ForeignLabels, bound: string | undefined): boolean {
  let count = 0;
  for (const name in some) {
    if (name === bound) continue;
    if (some[name] !== others[name]) return false;
    count += 1;
  }
  for (const name in others) if (name !== bound) count -= 1;
  return count === 0;
}

/** Brings labels into one order, which is that of the first with the same names: in another they are still the same. */
class LabelOrders {
  readonly #orders = new Map<string, readonly string[]>();
  #last: readonly string[] = [];

  sort(labels: Labels): Labels {
    const names = Object.keys(labels);
    if (sameNames(names, this.#last)) return labels;
    const set = JSON.stringify(names.toSorted());
    this.#last = this.#orders.get(set) ?? names;
    this.#orders.set(set, this.#last);
    return Object.fromEntries(this.#last.map((name) => [name, labels[name]!]));
  }
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, index) => name === others[index]);
}

/** Labels for series without labels of these names. One that cannot be read is left out, so that it does not cost each series. */
export function readDefaults(given: Readonly<Record<string, unknown>>, reject: (problem: string) => void): Labels {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    try {
      Object.assign(labels, readLabels({ [name]: value }, {}, undefined));
    } catch (error) {
      reject(`a default label is left out: ${messageOf(error)}`);
    }
  }
  return labels;
}

/**
 * Every value becomes a text, as in the answers of their own endpoint: `null` is "null", and an object is what its `toString` returns.
 * They count `{ a: null }` and `{}` as two series. A default takes the place of null and undefined.
 */
function readLabels(
  given: Readonly<Record<string, unknown>>,
  defaults: Labels,
  bound: string | undefined,
): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const source of [given, defaults]) {
    for (const name of Object.keys(source)) {
      if (name === bound || Object.hasOwn(labels, name)) continue;
      if (!isLabelName(name)) throw new Error(`${JSON.stringify(name)} is not a label name`);
      labels[name] = readLabel(name, source[name] ?? defaults[name] ?? source[name]);
    }
  }
  return labels;
}

function readLabel(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return `${value as number}`; // of any type: a symbol throws
  } catch {
    throw new Error(`the value of its label ${name} is ${printable(value)}, which cannot be converted to a string`);
  }
}
