import { expect, test } from 'vitest';
import type { Exemplar, HistogramSeries, LiveFamily, NumberSeries, SummarySeries } from '../core/snapshot.ts';
import type { Encoding } from './encoding.ts';
import { createOpenMetrics } from './openmetrics.ts';
import { text } from './text.ts';

const encodings: [name: string, encoding: Encoding][] = [
  ['text', text],
  ['OpenMetrics', createOpenMetrics()],
  ['OpenMetrics with created samples', createOpenMetrics({ created: true })],
];

const whole = (parts: Iterable<string | Uint8Array>) => Buffer.concat(Array.from(parts, (part) => Buffer.from(part)));
const plain = (encoding: Encoding, families: readonly LiveFamily[]) => whole(encoding.encode(families)).toString();

/** Reproducible numbers in [0, 1) (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Series = Mutable<NumberSeries> | Mutable<HistogramSeries> | Mutable<SummarySeries>;
interface Family extends Omit<LiveFamily, 'series'> {
  readonly series: Series[];
}

/** Long enough that a few hundred series are many blocks. */
const tail = 'x'.repeat(1500);
const values: readonly number[] = [
  0,
  -0,
  1,
  9,
  10,
  99,
  100,
  1e21,
  0.1,
  1 / 3,
  -5,
  NaN,
  Infinity,
  -Infinity,
  12_345_678,
];
const bounds: readonly (readonly number[])[] = [[], [1], [0.5, 1, 10], [-1, 1]];

class History {
  readonly families: Family[] = [];
  readonly #random: () => number;
  #names = 0;

  constructor(random: () => number) {
    this.#random = random;
    for (let index = 0; index < 8; index += 1) this.#addFamily();
    for (const family of this.families) for (let index = 0; index < 60; index += 1) this.#addSeries(family);
  }

  /** A few things change, or a lot. */
  step(): void {
    for (let changes = this.#pick([0, 1, 5, 300]); changes > 0; changes -= 1) this.#changeValue();
    if (this.#random() < 0.3) this.#addSeries(this.#pick(this.families), this.#random() < 0.5);
    if (this.#random() < 0.2) this.#remove(this.#pick(this.families).series);
    if (this.#random() < 0.1) this.#addFamily();
    if (this.#random() < 0.1) this.#remove(this.families);
    while (this.families.length < 4) this.#addFamily();
    if (this.#random() < 0.05) this.families.reverse();
    if (this.#random() < 0.1) this.#pick(this.families).series.reverse();
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  #remove(list: unknown[]): void {
    list.splice(Math.floor(this.#random() * list.length), 1 + Math.floor(this.#random() * 3));
  }

  #addFamily(): void {
    this.#names += 1;
    const type = this.#pick(['counter', 'gauge', 'histogram', 'summary'] as const);
    const name = type === 'counter' ? `f${this.#names}_total` : `f${this.#names}`;
    const family = { name, type, help: this.#pick(['Help', 'Hälfe']), series: [] };
    this.families.splice(Math.floor(this.#random() * this.families.length), 0, family);
    this.#addSeries(family);
  }

  #addSeries({ type, series }: Family, isLast = true): void {
    this.#names += 1;
    const labels = this.#random() < 0.9 ? { name: `${this.#names}${this.#pick(['', 'ü', '日本'])}${tail}` } : {};
    const created = this.#pick([undefined, 1000, 1000.5]);
    const shape = this.#pick(bounds);
    const made = {
      counter: { labels, value: 0, created },
      gauge: { labels, value: 0 },
      histogram: { labels, bounds: shape, buckets: [...shape.map(() => 0), 0], sum: 0, created },
      summary: { labels, quantiles: [[0.5, 1]] as const, sum: 0, count: 0 },
    }[type];
    series.splice(isLast ? series.length : Math.floor(this.#random() * series.length), 0, made);
  }

  #changeValue(): void {
    const { series } = this.#pick(this.families);
    const one = this.#pick(series);
    if (one === undefined) return;
    const value = this.#random() < 0.5 ? this.#pick(values) : Math.floor(this.#random() * 1e6) / 8;
    const exemplar = this.#random() < 0.7 ? undefined : this.#exemplar(value);
    if ('buckets' in one) {
      const at = Math.floor(this.#random() * one.buckets.length);
      one.buckets = one.buckets.map((count, index) => (index === at ? count + 1 : count));
      one.exemplars = one.buckets.map((_, index) => (index === at ? exemplar : one.exemplars?.[index]));
      one.sum = value;
      if (this.#random() < 0.05) one.bounds = one.bounds.map((bound) => bound - 0.25);
    } else if ('quantiles' in one) {
      one.quantiles = [[0.5, value]];
      one.sum = value;
    } else {
      one.value = value;
      one.exemplar = exemplar;
    }
    if (this.#random() < 0.05) one.created = this.#pick([undefined, 7, 1e15]);
  }

  #exemplar(value: number): Exemplar {
    return { labels: { trace_id: this.#pick(['a', 'üü']) }, value, timestamp: Math.floor(this.#random() * 100) };
  }
}

test.each(encodings)('%s: scrape after scrape has the text of one alone, whatever changes', (_, encoding) => {
  for (let seed = 0; seed < 3; seed += 1) {
    const history = new History(randomFrom(seed));
    const repeated = encoding.repeated!();
    const sent: [bytes: Uint8Array, text: string][] = [];
    for (let step = 0; step < 60; step += 1) {
      const parts = [...repeated.encode(history.families)];
      expect(whole(parts).toString()).toBe(plain(encoding, history.families));
      for (const part of parts) sent.push([part, Buffer.from(part).toString('latin1')]);
      history.step();
    }
    // What was sent once is not touched: a socket may not have taken it yet.
    expect(sent.length).toBeGreaterThan(100);
    for (const [bytes, before] of sent) expect(Buffer.from(bytes).toString('latin1') === before).toBe(true);
  }
});

/** Many counters, whose text is several blocks. */
function counters(count: number): Mutable<NumberSeries>[] {
  return Array.from({ length: count }, (_, index) => ({ labels: { name: `${index}${tail}` }, value: 1 }));
}

const familyOf = (series: readonly NumberSeries[]): LiveFamily[] => {
  return [{ name: 'jobs_total', type: 'counter', help: 'Jobs', series }];
};

test('text in which nothing has changed is not made again', () => {
  const repeated = text.repeated!();
  const series = counters(2000);
  const first = [...repeated.encode(familyOf(series))];
  expect(first.length).toBeGreaterThan(10);
  const second = [...repeated.encode(familyOf(series))];
  expect(second).toHaveLength(first.length);
  for (const [index, part] of second.entries()) expect(part).toBe(first[index]);
});

test('where a value changes, or a series comes or goes, only the text around it is made again', () => {
  const repeated = text.repeated!();
  const series = counters(2000);
  let parts = new Set(repeated.encode(familyOf(series)));
  const madeAnew = () => {
    const before = parts;
    parts = new Set(repeated.encode(familyOf(series)));
    return [...parts].filter((part) => !before.has(part)).length;
  };
  series[1000]!.value = 2;
  expect(madeAnew()).toBe(1);
  series[1000]!.value = 20;
  expect(madeAnew()).toBe(1);
  series.push(...counters(1));
  expect(madeAnew()).toBe(1);
  series.splice(600, 1);
  expect(madeAnew()).toBeLessThan(4);
  series.splice(1200, 0, ...counters(2));
  expect(madeAnew()).toBeLessThan(4);
  series.splice(0, 400);
  expect(madeAnew()).toBeLessThan(4);
});

test('series that come one after the other are not a part each', () => {
  const repeated = text.repeated!();
  const series = counters(1);
  let parts: readonly Uint8Array[] = [];
  for (let index = 0; index < 1000; index += 1) {
    series.push({ labels: { name: `more ${index}${tail}` }, value: 1 });
    parts = [...repeated.encode(familyOf(series))];
  }
  expect(parts.length).toBeLessThan(24);
  expect(whole(parts).toString()).toBe(plain(text, familyOf(series)));
});

test.each([0, 1, 5, 12])('a scrape that is given up after %i parts does no harm to the next one', (count) => {
  const repeated = text.repeated!();
  const series = counters(2000);
  whole(repeated.encode(familyOf(series)));
  for (const [index, one] of series.entries()) one.value = index;
  const parts = repeated.encode(familyOf(series))[Symbol.iterator]();
  for (let asked = 0; asked <= count; asked += 1) parts.next();
  parts.return?.();
  for (const one of series) one.value += 1;
  expect(whole(repeated.encode(familyOf(series))).toString()).toBe(plain(text, familyOf(series)));
});
