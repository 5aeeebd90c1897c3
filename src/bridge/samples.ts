import { isLabelName } from '../core/names.ts';
import { printable } from '../core/printable.ts';
import type { Exemplar, Labels } from '../core/snapshot.ts';
import { isObject } from './types.ts';

/** One value of a foreign metric. */
export interface Sample {
  /** Behind the family's name: `_sum`, or nothing. */
  readonly part: string;
  readonly labels: Record<string, string>;
  readonly value: unknown;
  readonly exemplar: unknown;
}

/** The values that can be read; of others the problem is told to `reject`. `defaults` are for labels that a value has not. */
export function* readSamples(
  values: readonly unknown[],
  name: string,
  defaults: Labels,
  reject: (problem: string) => void,
): Generator<Sample, void> {
  for (const given of values) {
    try {
      if (!isObject(given)) throw new Error(`${printable(given)} is no value`);
      const { metricName = name, labels = {}, value, exemplar } = given;
      if (typeof metricName !== 'string' || !metricName.startsWith(name)) {
        throw new Error(`it has a sample named ${printable(metricName)}`);
      }
      yield { part: metricName.slice(name.length), labels: readLabels(labels, defaults), value, exemplar };
    } catch (error) {
      reject(messageOf(error));
    }
  }
}

/** Undefined for what is no exemplar. */
export function readExemplar(given: unknown): Exemplar | undefined {
  if (!isObject(given)) return undefined;
  const { labelSet, value, timestamp } = given;
  if (!isObject(labelSet) || typeof value !== 'number' || typeof timestamp !== 'number') return undefined;
  try {
    return { labels: readLabels(labelSet, {}), value, timestamp };
  } catch {
    return undefined;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : printable(error);
}

/** Numbers become text; labels that are null or undefined are left to the defaults, and out where there is none. */
function readLabels(given: unknown, defaults: Labels): Record<string, string> {
  if (!isObject(given)) throw new Error(`${printable(given)} is no object of labels`);
  const labels: Record<string, string> = {};
  for (const source of [given, defaults]) {
    for (const name of Object.keys(source)) {
      const value = source[name];
      if (value === undefined || value === null || Object.hasOwn(labels, name)) continue;
      if (!isLabelName(name)) throw new Error(`${JSON.stringify(name)} is not a label name`);
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
        throw new Error(`the value of its label ${name} is ${printable(value)}`);
      }
      labels[name] = String(value);
    }
  }
  return labels;
}
