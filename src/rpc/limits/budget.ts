import { checkMaxSeries } from '../../core/limit.ts';

/**
 * Most series of calls, a series being one combination of side, method, the user's labels and, where they are told apart, targets: with the default metrics some 30 lines
 * of a scrape each, 60,000 in all.
 */
const defaultMaxSeries = 2000;

/** The part of the series that is kept for methods: no label can make so many that a method has none. */
const keptForMethods = 1 / 4;

/** How many series of calls there may be, of servers and clients together. */
export class SeriesBudget {
  readonly #max: number;
  #used = 0;

  /** Throws `invalid_option` for what is no number of series. */
  constructor(max: number = defaultMaxSeries) {
    this.#max = checkMaxSeries('maxCallSeries', max);
  }

  /** Up to how many series there is room for a method, and for a combination of labels. */
  get upTo(): { readonly method: number; readonly labels: number } {
    return { method: this.#max, labels: Math.floor(this.#max * (1 - keptForMethods)) };
  }

  /** Whether there is room for a method with so many series from its start; takes it. */
  takeMethod(series: number): boolean {
    return this.#take(series, this.upTo.method);
  }

  /** Whether there is room for so many more combinations of labels of some method; takes it. */
  takeLabels(series = 1): boolean {
    return this.#take(series, this.upTo.labels);
  }

  /** What to say of what has no room. */
  get problem(): string {
    return `calls have their ${this.#max} series (maxCallSeries)`;
  }

  #take(series: number, upTo: number): boolean {
    if (this.#used + series > upTo) return false;
    this.#used += series;
    return true;
  }
}
