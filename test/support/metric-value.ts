import type { GrpcMetrics } from '../../src/index.ts';

/** The sum of a counter's or gauge's series that have these labels. */
export function value(metrics: GrpcMetrics, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const family = metrics.collect().find((candidate) => candidate.name === name);
  if (family?.type !== 'counter' && family?.type !== 'gauge') throw new Error(`no counter or gauge ${name}`);
  const wanted = Object.entries(labels);
  return family.series
    .filter((series) => wanted.every(([label, text]) => series.labels[label] === text))
    .reduce((total, series) => total + series.value, 0);
}
