import { later } from '../../core/histogram-sum.ts';
import { printable } from '../../core/printable.ts';
import type {
  Exemplar,
  HistogramSeries,
  Labels,
  LiveFamily,
  MetricType,
  NumberSeries,
  SummarySeries,
} from '../../core/snapshot.ts';
import { type Group, groupSamples, messageOf, readExemplar, type Sample } from './samples.ts';
import { type ForeignHead, isObject } from './types.ts';

/**
 * What the `get()` of a foreign metric gave, copied into a family of ours: theirs goes on changing.
 *
 * Throws where the family makes no sense; a series that makes none is left out where it is read, and its problem told to `reject`.
 * An exemplar that makes none is left out without a word. `defaults` are the registry's labels, for series without.
 */
export function translate(
  given: unknown,
  head: ForeignHead,
  defaults: Labels,
  reject: (problem: string) => void,
): LiveFamily {
  if (!isObject(given)) throw new Error(`it gave ${printable(given)}`);
  const { name, type, help, values = [] } = given;
  if (type !== head.type) throw new Error(`it is a ${head.type} and gave the type ${printable(type)}`);
  if (typeof name !== 'string' || !(name === head.name || (type === 'counter' && `${name}_total` === head.name))) {
    throw new Error(`it gave the name ${printable(name)}`);
  }
  if (!Array.isArray(values)) throw new Error(`it gave ${printable(values)} for values`);
  const family = { name: head.name, help: typeof help === 'string' ? help : '' };
  const { bound, make } = shapes[head.type];
  const found = groupSamples(values, { name, bound, defaults, reject });
  return { ...family, type: head.type, series: readSeries(found, make, reject) };
}

type AnySeries = NumberSeries | HistogramSeries | SummarySeries;

function* readSeries(
  groups: Iterable<Group>,
  make: Shape['make'],
  reject: (problem: string) => void,
): Generator<AnySeries, void> {
  for (const group of groups) {
    let series: AnySeries;
    try {
      series = make(group, (problem) => reject(`of the series ${JSON.stringify(group.labels)} ${problem}`));
    } catch (error) {
      reject(`the series ${JSON.stringify(group.labels)} is left out: ${messageOf(error)}`);
      continue;
    }
    yield series;
  }
}

/** How a type's series is made of its samples. */
interface Shape {
  readonly bound?: 'le' | 'quantile';
  /** Throws where the samples are no such series. `reject` is called for a part that is left out. */
  readonly make: (group: Group, reject: (problem: string) => void) => AnySeries;
}

const gauge: Shape = {
  make: ({ labels, key, samples }) => ({ labels, key, value: numberOf('value', onlyOf(samples).value) }),
};

const counter: Shape = {
  make: ({ labels, key, samples }) => {
    const sample = onlyOf(samples);
    const value = numberOf('value', sample.value);
    if (!(value >= 0)) throw new Error(`a counter cannot be ${value}`);
    const exemplar = readExemplar(sample.exemplar);
    return { labels, key, value, exemplar };
  },
};

function onlyOf(samples: readonly Sample[]): Sample {
  const [only, ...more] = samples;
  if (only === undefined || more.length > 0) throw new Error(`it is there ${samples.length} times`);
  if (only.part !== '') throw new Error(`it has a sample of ${only.part}`);
  return only;
}

const histogram: Shape = {
  bound: 'le',
  make: ({ labels, key, samples }) => {
    const { parts, rest } = totals(samples);
    const cumulative = mergeInfinite(rest.map(readBucket).sort((a, b) => a.bound - b.bound || 0));
    const last = cumulative.at(-1);
    // The bucket of +Inf is the count; one of them is enough.
    const count = parts.count ?? (last?.bound === Infinity ? last.count : undefined);
    if (count === undefined) throw new Error('it has no count');
    if (last?.bound !== Infinity) cumulative.push({ bound: Infinity, count, exemplar: undefined });
    else if (last.count !== count) throw new Error(`its count is ${count}, its last bucket ${last.count}`);

    const buckets = cumulative.map((bucket, index) => {
      const before = cumulative[index - 1];
      if (before?.bound === bucket.bound) throw new Error(`it has two buckets of ${bucket.bound}`);
      const own = bucket.count - (before?.count ?? 0);
      if (own < 0) throw new Error(`its bucket of ${bucket.bound} counts less than the one before`);
      return own;
    });
    const bounds = cumulative.slice(0, -1).map(({ bound }) => bound);
    const exemplars = cumulative.map(({ exemplar }) => exemplar);
    const some = exemplars.some((exemplar) => exemplar !== undefined);
    return { labels, key, bounds, buckets, sum: parts.sum, exemplars: some ? exemplars : undefined };
  },
};

interface Bucket {
  readonly bound: number;
  /** Observations up to the bound. */
  readonly count: number;
  readonly exemplar: Exemplar | undefined;
}

function readBucket({ part, bound, value, exemplar }: Sample): Bucket {
  if (part !== '_bucket') throw new Error(`it has a sample of ${part === '' ? 'no part' : part}`);
  return { bound: boundOf(bound), count: countOf(value), exemplar: readExemplar(exemplar) };
}

/**
 * The buckets with one bucket of +Inf at most. A user can give `Infinity` as a bound, and prom-client adds its own +Inf
 * all the same: both count every observation. Two that differ stay, for the caller to refuse.
 */
function mergeInfinite(sorted: readonly Bucket[]): Bucket[] {
  const merged: Bucket[] = [];
  for (const bucket of sorted) {
    const before = merged.at(-1);
    if (bucket.bound === Infinity && before?.bound === Infinity && before.count === bucket.count) {
      merged[merged.length - 1] = { ...bucket, exemplar: later(before.exemplar, bucket.exemplar) };
    } else merged.push(bucket);
  }
  return merged;
}

const summary: Shape = {
  bound: 'quantile',
  make: ({ labels, key, samples }, reject) => {
    const { parts, rest } = totals(samples);
    if (parts.count === undefined) throw new Error('it has no count');
    const values = new Map<number, number>();
    for (const { part, bound, value } of rest) {
      if (part !== '') throw new Error(`it has a sample of ${part}`);
      // Sum and count are right all the same: a user who gives 99 for 0.99 does not lose them.
      const problem = addQuantile(values, bound, value);
      if (problem !== undefined) reject(`a quantile is left out: ${problem}`);
    }
    return { labels, key, quantiles: [...values], sum: parts.sum, count: parts.count };
  },
};

/** Returns why there is no such quantile. A quantile that is there already with the same value is one and no problem. */
function addQuantile(values: Map<number, number>, bound: unknown, given: unknown): string | undefined {
  const value = numberOf(`quantile ${printable(bound)}`, given);
  const quantile = readNumber(bound);
  if (quantile === undefined || !(quantile >= 0 && quantile <= 1)) return `${shown(bound)} is not from 0 to 1`;
  if (values.has(quantile) && !Object.is(values.get(quantile), value)) return `${quantile} is there twice`;
  values.set(quantile, value);
  return undefined;
}

function totals(samples: readonly Sample[]): {
  parts: { readonly sum: number; readonly count: number | undefined };
  rest: readonly Sample[];
} {
  const rest: Sample[] = [];
  let sum: number | undefined;
  let count: number | undefined;
  for (const sample of samples) {
    if (sample.part === '_sum' && sum === undefined) sum = numberOf('sum', sample.value);
    else if (sample.part === '_count' && count === undefined) count = countOf(sample.value);
    else rest.push(sample);
  }
  if (sum === undefined) throw new Error('it has no sum');
  return { parts: { sum, count }, rest };
}

function boundOf(given: unknown): number {
  const value = readNumber(given);
  if (value !== undefined) return value;
  throw new Error(`it has a bound ${shown(given)}`);
}

/** The number, which can be a text. Undefined for NaN and what is no number. */
function readNumber(given: unknown): number | undefined {
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given.replace(/inf$/i, 'Infinity')) : given;
  return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
}

function shown(bound: unknown): string {
  return typeof bound === 'string' ? JSON.stringify(bound) : printable(bound);
}

function countOf(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Error(`it has a count of ${printable(value)}`); // a number, as was just seen
  return value as number; // as above
}

function numberOf(what: string, value: unknown): number {
  if (typeof value !== 'number') throw new Error(`its ${what} is ${printable(value)}, of type ${typeof value}`);
  return value;
}

const shapes: Readonly<Record<MetricType, Shape>> = { counter, gauge, histogram, summary };
