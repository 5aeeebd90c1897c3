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
  /** By place; undefined for one that is gone. */
  #series: (BaseSeries | undefined)[] = [];
  #left: readonly string[] = [];
  #gone = 0;

  constructor(t: number) {
    this.#t = t;
  }

  /** Places of series that are no longer there. */
  get gone(): number {
    return this.#gone;
  }

  fold({ t, families = [], series = [], values = [], histograms = [], gone = [], left = this.#left }: Frame): void {
    this.#t = t;
    this.#left = left;
    for (const family of families) this.#families.push(family);
    for (const told of series) this.#series.push({ told, value: null, buckets: [] });
    for (let index = 0; index < values.length; index += 2) this.#series[values[index]!]!.value = values[index + 1]!;
    for (const [place, sum, ...buckets] of histograms) {
      const histogram = this.#series[place]!;
      histogram.value = sum;
      for (let index = 0; index < buckets.length; index += 2) histogram.buckets[buckets[index]!] = buckets[index + 1]!;
    }
    for (const place of gone) this.#series[place] = undefined;
    this.#gone += gone.length;
  }

  /** Everything against nothing. */
  frame(): Frame {
    const values: (number | null)[] = [];
    const histograms: ChangedHistogram[] = [];
    const gone: number[] = [];
    for (const [place, series] of this.#series.entries()) {
      if (series === undefined) gone.push(place);
      else if (series.told.length === 2) values.push(place, series.value);
      else histograms.push([place, series.value, ...series.buckets.flatMap((count, index) => [index, count])]);
    }
    const series = this.#series.map((one): NewSeries => one?.told ?? [0, {}]);
    return { t: this.#t, families: this.#families, series, values, histograms, gone, left: this.#left };
  }

  /** Forgets the places of what is gone; returns what each place, also one that is not here yet, is from now on. */
  compact(): (place: number) => number {
    const places = this.#series.length;
    const gone = this.#gone;
    let next = 0;
    const moved = this.#series.map((series) => (series === undefined ? -1 : next++));
    this.#series = this.#series.filter((series) => series !== undefined);
    this.#gone = 0;
    return (place) => (place < places ? moved[place]! : place - gone);
  }
}
