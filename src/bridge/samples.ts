import { isLabelName } from '../core/names.ts';
import { printable } from '../core/printable.ts';
import type { Exemplar, Labels } from '../core/snapshot.ts';
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
export function groupSamples(
  values: readonly unknown[],
  { name, bound, defaults, reject }: GroupOptions,
): Iterable<Group> {
  const groups = new Map<string, Group>();
  /** By the labels as they came. A histogram has a dozen samples for each: they are read once. */
  const seen = new Map<string, Group>();
  for (const given of values) {
    try {
      if (!isObject(given)) throw new Error(`${printable(given)} is no value`);
      const { metricName = name, labels = {}, value, exemplar } = given;
      if (typeof metricName !== 'string' || !metricName.startsWith(name)) {
        throw new Error(`it has a sample named ${printable(metricName)}`);
      }
      if (!isObject(labels)) throw new Error(`${printable(labels)} is no object of labels`);
      const key = keyOf(Object.keys(labels), labels, bound);
      let group = seen.get(key);
      if (group === undefined) {
        group = findGroup(groups, readLabels(labels, defaults, bound));
        seen.set(key, group);
      }
      const own = bound === undefined ? undefined : labels[bound];
      group.samples.push({ part: metricName.slice(name.length), bound: own, value, exemplar });
    } catch (error) {
      reject(messageOf(error));
    }
  }
  return groups.values();
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
  const key = keyOf(Object.keys(labels).sort(), labels, undefined);
  const group = groups.get(key) ?? { labels, samples: [] };
  groups.set(key, group);
  return group;
}

/** The same for the same values and for no others: the lengths say where each ends. */
function keyOf(names: readonly string[], labels: Readonly<Record<string, unknown>>, bound: string | undefined): string {
  let key = '';
  for (const name of names) {
    if (name === bound) continue;
    const value = labels[name];
    const text = typeof value === 'string' ? value : `${typeof value} ${printable(value)}`;
    key += `${name}:${text.length}:${typeof value === 'string' ? '' : '!'}${text};`;
  }
  return key;
}

/** Numbers become text; labels that are null or undefined are left to the defaults, and out where there is none. */
function readLabels(
  given: Readonly<Record<string, unknown>>,
  defaults: Labels,
  bound: string | undefined,
): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const source of [given, defaults]) {
    for (const name of Object.keys(source)) {
      const value = source[name];
      if (name === bound || value === undefined || value === null || Object.hasOwn(labels, name)) continue;
      if (!isLabelName(name)) throw new Error(`${JSON.stringify(name)} is not a label name`);
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
        throw new Error(`the value of its label ${name} is ${printable(value)}`);
      }
      labels[name] = String(value);
    }
  }
  return labels;
}
