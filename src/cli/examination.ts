import type { Dialect } from '../decode/dialect.ts';
import { HistogramTable } from '../decode/exposed-histogram.ts';
import type { ExposedFamily } from '../decode/exposition.ts';
import { type ExpositionSource, streamExposition } from '../decode/exposition-reader.ts';
import type { Sink } from '../decode/family-reader.ts';
import { ProblemLog } from './problem-log.ts';
import { buckets } from './rules/buckets.ts';
import { cardinality } from './rules/cardinality.ts';
import { histograms } from './rules/histograms.ts';
import { names } from './rules/names.ts';
import { OpenMetricsRules } from './rules/openmetrics/strict.ts';
import type { CreateRule, Limits } from './rules/rule.ts';
import { timestamps } from './rules/timestamps.ts';
import { values } from './rules/values.ts';
import { zeroSeries } from './rules/zero-series.ts';

const everyRule: readonly CreateRule[] = [names, histograms, values, timestamps, cardinality, buckets, zeroSeries];

/** What an exposition has, and what is wrong with it. */
export interface Examination {
  /** The form first, then each rule. */
  readonly logs: readonly ProblemLog[];
  readonly families: number;
  readonly samples: number;
  /** Whether its last line is that of OpenMetrics. */
  readonly endsAsOpenMetrics: boolean;
}

/** Every field has a default; the default is in the signature of `examine`. */
export interface ExaminationOptions {
  /** Is given each sample, too. */
  readonly visit?: Sink['sample'];
  readonly rules?: readonly CreateRule[];
  /** Whether OpenMetrics is held to its specification, too. */
  readonly isStrict?: boolean;
}

/** Examines an exposition while it arrives. */
export async function examine(
  source: ExpositionSource,
  dialect: Dialect,
  limits: Limits,
  { visit, rules = everyRule, isStrict = false }: ExaminationOptions = {},
): Promise<Examination> {
  const form = new ProblemLog();
  const checks = rules.map((create) => {
    const log = new ProblemLog();
    return { log, ...create((problem) => log.add(problem), limits) };
  });
  const perSample = checks.map(({ sample }) => sample).filter((sample) => sample !== undefined);
  const perFamily = checks.map(({ family }) => family).filter((family) => family !== undefined);
  const strict = new ProblemLog();
  const openMetrics =
    isStrict && dialect.isOpenMetrics ? new OpenMetricsRules((problem) => strict.add(problem)) : undefined;
  const tables = new WeakMap<ExposedFamily, HistogramTable>();
  let [families, samples] = [0, 0];
  const ending = new Ending();
  await streamExposition(ending.follow(source), dialect, {
    problem: (problem) => form.add(problem),
    ...(openMetrics !== undefined && { sampleLine: openMetrics.sampleLine, metadataLine: openMetrics.metadataLine }),
    sample: (family, sample) => {
      samples += 1;
      visit?.(family, sample);
      for (const take of perSample) take(family, sample);
      if (family.type !== 'histogram') return;
      let table = tables.get(family);
      if (table === undefined) {
        table = new HistogramTable();
        tables.set(family, table);
      }
      table.add(family, sample);
    },
    family: (family) => {
      openMetrics?.family(family);
      // The rest of a family that was judged before.
      if (family.isResumed || family.size === 0) return;
      families += 1;
      const table = tables.get(family);
      for (const judge of perFamily) judge(family, table);
    },
  });
  openMetrics?.finish();
  for (const { finish } of checks) finish?.();
  const logs = [form, ...checks.map(({ log }) => log), strict];
  return { logs, families, samples, endsAsOpenMetrics: ending.isOpenMetrics };
}

/** Looks at the last bytes that go by. */
class Ending {
  #last: Uint8Array = new Uint8Array();

  get isOpenMetrics(): boolean {
    return /(^|\n)# EOF\n?$/.test(Buffer.from(this.#last).toString('latin1'));
  }

  async *follow(source: ExpositionSource): AsyncGenerator<Uint8Array, void> {
    for await (const piece of source instanceof Uint8Array ? [source] : source) {
      this.#last = Buffer.concat([this.#last, piece.subarray(-7)]).subarray(-7);
      yield piece;
    }
  }
}
