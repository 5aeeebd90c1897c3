import type { Table } from '../support/expected.ts';
import type { Labels, Sample } from '../support/servers/prometheus-api.ts';

/** A series with its raw samples in a range, oldest first. Times are in seconds. */
export interface Series {
  readonly labels: Labels;
  readonly samples: readonly (readonly [time: number, value: number])[];
}

/** What a range selector such as `up[5m]` selects at `time`: the samples as they were scraped. */
export async function rawSamples(url: string, selector: string, time: number): Promise<Series[]> {
  const body = new URLSearchParams({ query: selector, time: `${time}` });
  const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body, signal: AbortSignal.timeout(10_000) });
  const { data, error } = (await response.json()) as {
    data?: { resultType: string; result: { metric: Labels; values: [number, string][] }[] };
    error?: string;
  };
  if (data?.resultType !== 'matrix') throw new Error(`${selector} is ${data?.resultType ?? error}, not a matrix`);
  return data.result.map(({ metric, values }) => ({
    labels: metric,
    samples: values.map(([at, value]) => [at, Number(value)]),
  }));
}

/** Last value less the first, by these labels: what a counter that was not reset has really grown by. */
export function growth(series: readonly Series[], ...labels: string[]): Table {
  return tableOf(
    series.map(({ labels: own, samples }) => ({ labels: own, value: samples.at(-1)![1] - samples[0]![1] })),
    ...labels,
  );
}

/** Buckets of a histogram, by increasing bound: its `le` as a number, and how many were counted up to it. */
export type Buckets = readonly (readonly [bound: number, count: number])[];

/** What the buckets of each method's histogram have grown by. Prometheus 3 writes a bound of 1 as `1.0`, 2 as `1`. */
export function bucketGrowth(series: readonly Series[]): Readonly<Record<string, Buckets>> {
  const histograms: Record<string, [number, number][]> = {};
  for (const [key, count] of Object.entries(growth(series, 'method', 'le'))) {
    const [method, bound] = key.split(' ') as [string, string];
    histograms[method] = [...(histograms[method] ?? []), [bound === '+Inf' ? Infinity : Number(bound), count]];
  }
  for (const buckets of Object.values(histograms)) buckets.sort(([a], [b]) => a - b);
  return histograms;
}

/** A vector by these labels. Throws when they do not tell its elements apart. */
export function tableOf(vector: readonly Pick<Sample, 'labels' | 'value'>[], ...labels: string[]): Table {
  const table: Record<string, number> = {};
  for (const { labels: own, value } of vector) {
    const key = labels.map((label) => own[label]).join(' ');
    if (key in table) throw new Error(`there are two of ${key}`);
    table[key] = value;
  }
  return table;
}
