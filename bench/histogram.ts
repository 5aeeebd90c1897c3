import { Histogram } from '../src/core/histogram.ts';
import { type Contenders, compare, print, serve } from './compare.ts';

/** Observations all over the buckets, for a histogram with that many bounds. */
function observe(count: number, frozen = false): (times: number) => void {
  const bounds = Array.from({ length: count }, (_, index) => 0.001 * 1.5 ** index);
  const series = new Histogram(frozen ? Object.freeze(bounds) : bounds, () => {});
  const values = Array.from({ length: 1024 }, (_, index) => bounds[(index * 7919) % count]!);
  return (times) => {
    for (let index = 0; index < times; index += 1) series.observe(values[index & 1023]!);
  };
}

const contenders: Contenders = {
  '11 bounds (linear search)': observe(11),
  '11 bounds, frozen': observe(11, true),
  '16 bounds (linear search)': observe(16),
  '17 bounds (binary search)': observe(17),
  '41 bounds (binary search)': observe(41),
};

serve(contenders);

export async function histogram(): Promise<void> {
  print('One observation', await compare(import.meta.url, contenders));
}
