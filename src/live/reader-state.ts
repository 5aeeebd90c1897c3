import type { ChangedHistogram, Frame, NewFamily, NewSeries } from './protocol.ts';

interface Series {
  readonly told: NewSeries;
  /** Or a histogram's sum. */
  value: number | null;
  readonly buckets: number[];
}

/** What a reader of all frames so far knows, for those that come later. */
export class ReaderState {
  #t: number;
  readonly #families: NewFamily[] = [];
  /** By number: the series that are there. */
  readonly #series = new Map<number, Series>();
  #left: readonly string[] = [];

  constructor(t: number) {
    this.#t = t;
  }

  /** Reads the next frame. */
  read({ t, families = [], series = [], values = [], histograms = [], gone = [], left = this.#left }: Frame): void {
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

  /** One frame that tells everything. */
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
