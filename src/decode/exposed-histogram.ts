import type { CumulativeBucket } from '../core/quantile.ts';
import type { ExposedFamily, Sample } from './exposition.ts';
import { formatSeries, type LabelPairs, labelOf } from './labels.ts';
import { numberOrNaN } from './number.ts';
import { NumberList } from './number-list.ts';
import { ownCopy } from './own-copy.ts';
import { SeriesTable } from './series-table.ts';

/** One histogram as it is exposed, right or wrong. */
export interface ExposedHistogram {
  /** `family{labels}`, or the family and a line where there are very many. */
  readonly subject: string;
  /** Cumulative counts by upper bound, sorted. */
  readonly buckets: readonly CumulativeBucket[];
  readonly count: number | undefined;
  readonly sum: number | undefined;
  /** Lines of `_bucket` without `le`. */
  readonly withoutBound: number;
}

/** Histograms whose labels are kept. Others are called by their line. */
const mostSubjects = 20_000;
/** Numbers of an entry: whether it has a count, the count, whether it has a sum, the sum, buckets without a bound, the last bucket, the line. */
const width = 7;

/** The histograms of a family, by their labels without `le`. Keeps some bytes for each bucket. */
export class HistogramTable {
  readonly #entries = new SeriesTable();
  readonly #numbers = new NumberList();
  readonly #subjects: string[] = [];
  /** Three numbers for each bucket: its bound, its count, and the place of the bucket before it. */
  readonly #buckets = new NumberList();

  get size(): number {
    return this.#entries.size;
  }

  add(family: ExposedFamily, { name, labels, value, line }: Sample): void {
    const at = this.#entry(family, labels, line);
    const part = name.slice(family.name.length);
    if (part === '_count') this.#numbers.put(at, 1, value);
    else if (part === '_sum') this.#numbers.put(at + 2, 1, value);
    else if (part === '_bucket') {
      const bound = numberOrNaN(labelOf(labels, 'le') ?? '');
      if (Number.isNaN(bound)) this.#numbers.put(at + 4, this.#numbers.at(at + 4) + 1);
      else {
        const place = this.#buckets.push(bound, value, this.#numbers.at(at + 5));
        this.#numbers.put(at + 5, place);
      }
    }
  }

  /** The histograms, in the order of their first lines. */
  *histograms(family: ExposedFamily): Generator<ExposedHistogram> {
    const numbers = this.#numbers;
    for (let index = 0; index < this.size; index += 1) {
      const at = index * width;
      const buckets: CumulativeBucket[] = [];
      for (let place = numbers.at(at + 5); place !== -1; place = this.#buckets.at(place + 2)) {
        buckets.push({ bound: this.#buckets.at(place), count: this.#buckets.at(place + 1) });
      }
      yield {
        subject: this.#subjects[index] ?? `${family.name} (first on line ${numbers.at(at + 6)})`,
        buckets: buckets.toReversed().sort((a, b) => a.bound - b.bound),
        count: numbers.at(at) === 1 ? numbers.at(at + 1) : undefined,
        sum: numbers.at(at + 2) === 1 ? numbers.at(at + 3) : undefined,
        withoutBound: numbers.at(at + 4),
      };
    }
  }

  /** Place of the numbers of a histogram, which may be new. */
  #entry({ name }: ExposedFamily, labels: LabelPairs, line: number): number {
    const index = this.#entries.size;
    const known = this.#entries.add('', labels, index, 'le');
    if (known !== undefined) return known * width;
    if (index < mostSubjects) {
      const own = labels.filter(([label]) => label !== 'le');
      this.#subjects.push(ownCopy(formatSeries(name, own)));
    }
    return this.#numbers.push(0, 0, 0, 0, 0, -1, line);
  }
}
