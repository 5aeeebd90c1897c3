/** Numbers of the first list of pairs. Each further one is twice as large. */
const fewest = 1024;

/** Sums, each as two floats: a value, and what it is too small by. */
export class Pairs {
  readonly high: Float64Array;
  readonly low: Float64Array;
  /** How many have been taken. */
  used = 0;

  constructor(size: number) {
    this.high = new Float64Array(size);
    this.low = new Float64Array(size);
  }
}

/** Pairs that lie side by side. */
export interface PairRange {
  readonly pairs: Pairs;
  readonly from: number;
}

/** Gives room for sums, one behind the other: what is taken in one order can be added in one loop. */
export class PairStore {
  #lists: Pairs[] = [];
  #used = 0;
  #unused = 0;

  /** Whether most of it was given back. */
  get isWasteful(): boolean {
    return this.#unused > fewest && this.#unused * 2 > this.#used;
  }

  /** So many zeros. */
  readonly take = (width: number): PairRange => {
    let pairs = this.#lists.at(-1);
    if (pairs === undefined || pairs.high.length - pairs.used < width) {
      pairs = new Pairs(Math.max(width, fewest, 2 * (pairs?.high.length ?? 0)));
      this.#lists.push(pairs);
    }
    const from = pairs.used;
    pairs.used += width;
    this.#used += width;
    return { pairs, from };
  };

  giveBack(width: number): void {
    this.#unused += width;
  }

  /** Sets all to zero. */
  clear(): void {
    for (const { high, low, used } of this.#lists) {
      high.fill(0, 0, used);
      low.fill(0, 0, used);
    }
  }
}
