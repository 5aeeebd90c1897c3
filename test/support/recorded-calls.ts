import type { GrpcMetrics, MetricFamily } from '../../src/index.ts';

/** Reads what the library has recorded of the calls of `test.v1.Endings`, in the default metrics of one side. */
export class RecordedCalls {
  readonly #metrics: GrpcMetrics;
  readonly #prefix: string;

  constructor(metrics: GrpcMetrics, prefix: 'grpc' | 'grpc_client') {
    this.#metrics = metrics;
    this.#prefix = prefix;
  }

  /** The number of calls that have ended, by `Method STATUS`. Unknown methods are `unknown STATUS`. */
  calls(name = 'requests_total'): Record<string, number> {
    return this.#counts(name, 'status');
  }

  /** The number of errors, by `Method TYPE`. */
  errors(): Record<string, number> {
    return this.#counts('errors_total', 'error_type');
  }

  inFlight(): number {
    return this.sum('requests_in_flight');
  }

  /** The number of a client's channels in a state. */
  channels(state: string): number {
    const channels = seriesOf(this.#family(`${this.#prefix}_channels`)).filter(({ labels }) => labels.state === state);
    return channels.reduce((total, { value }) => total + value, 0);
  }

  /** Faults of the library itself. */
  faults(): number {
    return sumOf(this.#family('grpc_vitals_errors_total'));
  }

  /** The number of durations, and their sum in seconds. */
  durations(name = 'request_duration_seconds'): { count: number; sum: number } {
    const family = this.#family(`${this.#prefix}_${name}`);
    if (family.type !== 'histogram') throw new Error(`${family.name} is no histogram`);
    const all = [...family.series];
    return {
      count: all.flatMap(({ buckets }) => Array.from(buckets)).reduce((total, count) => total + count, 0),
      sum: all.reduce((total, { sum }) => total + sum, 0),
    };
  }

  /** The sum of all series of a counter or a gauge. */
  sum(name: string): number {
    return sumOf(this.#family(`${this.#prefix}_${name}`));
  }

  #counts(name: string, label: string): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { labels, value } of seriesOf(this.#family(`${this.#prefix}_${name}`))) {
      const key = `${labels.method?.replace('/test.v1.Endings/', '')} ${labels[label]}`;
      if (value > 0) counts[key] = (counts[key] ?? 0) + value;
    }
    return counts;
  }

  #family(name: string): MetricFamily {
    const family = this.#metrics.collect().find((candidate) => candidate.name === name);
    if (family === undefined) throw new Error(`there is no ${name}`);
    return family;
  }
}

function seriesOf(family: MetricFamily) {
  if (family.type !== 'counter' && family.type !== 'gauge') throw new Error(`${family.name} has no plain values`);
  return [...family.series];
}

function sumOf(family: MetricFamily): number {
  return seriesOf(family).reduce((total, { value }) => total + value, 0);
}
