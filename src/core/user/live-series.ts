import type { Exemplar, HistogramSeries, Labels, NativeBuckets, NumberSeries } from '../snapshot.ts';
import type { SeriesKeys } from './series-keys.ts';

/**
 * A series while a scrape reads it. One object stands for each series of a family in turn.
 *
 * The labels are made of the key when an encoder asks for them: the text formats write the key.
 */
abstract class LiveSeries {
  key = '';
  readonly #keys: SeriesKeys<string>;

  constructor(keys: SeriesKeys<string>) {
    this.#keys = keys;
  }

  get labels(): Labels {
    return this.#keys.read(this.key);
  }
}

export class LiveNumber extends LiveSeries implements NumberSeries {
  value = 0;
  /** Of a counter. */
  created?: number;
  exemplar?: Exemplar | undefined;
}

export class LiveHistogram extends LiveSeries implements HistogramSeries {
  bounds: readonly number[] = [];
  buckets: readonly number[] = [];
  sum = 0;
  native: NativeBuckets | undefined = undefined;
  created = 0;
  exemplars: readonly (Exemplar | undefined)[] | undefined = undefined;
}

/** Every child of a family in turn, as `fill` writes it into `series`. */
export function* readAll<Child, Series extends LiveSeries>(
  children: Iterable<readonly [key: string, child: Child]>,
  series: Series,
  fill: (series: Series, child: Child) => void,
): Generator<Series, void> {
  for (const [key, child] of children) {
    series.key = key;
    fill(series, child);
    yield series;
  }
}
