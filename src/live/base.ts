import type { ChangedHistogram, Frame, NewFamily, NewSeries } from './protocol.ts';

interface BaseSeries {
  readonly told: NewSeries;
  /** Or a histogram's sum. */
  value: number | null;
  readonly buckets: number[];
}

/** Differences folded into one: what a reader of all of them knows. */
export class Base {
  #t: number;
  readonly #families: NewFamily[] = [];
  /** By number, only those that are there. */
  readonly #series = new Map<number, BaseSeries>();
  #left: readonly string[] = [];

  constructor(t: number) {
    this.#t = t;
  }

  fold({ t, families = [], series = [], values = [], histograms = [], gone = [], left = this.#left }: Frame): void {
    this.#t = t;
    this.#left = left;
    for (const family of families) this.#families.push(family);
    for (const told of series) this.#series.set(told[0], { told, value: null, buckets: [] });
    for (let index = 0; index < values.length; index += 2) this.#series.get(values[index]!)!.value = values[index + 1]!;
    for (const [number, sum, ...buckets] of histograms) {
      const histogram = this.#series.get(number)!;
      histogram.value = sum;
      for (let index = 0; index < buckets.length; index += 2) histogram.buckets[buckets[index]!] = buckets[index + 1]!;
    }
    for (const number of gone) this.#series.delete(number);
  }

  /** Everything against nothing. */
  frame(): Frame {
    const series: NewSeries[] = [];
    const values: (number | null)[] = [];
    const histograms: ChangedHistogram[] = [];
    for (const [number, { told, value, buckets }] of this.#series) {
      series.push(told);
      const [, , , bounds] = told;
      if (bounds === undefined) values.push(number, value);
      else histograms.push([number, value, ...buckets.flatMap((count, index) => [index, count])]);
    }
    return { t: this.#t, families: this.#families, series, values, histograms, left: this.#left };
  }
}
