import type { ExposedFamily, Exposition, Sample } from '../../decode/exposition.ts';
import type { Problem } from '../../decode/problem.ts';
import { formatSeries } from '../../decode/sample-line.ts';

/** Counters and counts that cannot be: negative, or not a number. */
export function* values({ families }: Exposition): Generator<Problem> {
  for (const family of families.values()) {
    for (const sample of family.samples) {
      if (!counts(family, sample) || sample.value >= 0) continue;
      const spoilt = Number.isNaN(sample.value);
      yield {
        severity: 'error',
        rule: spoilt ? 'nan_counter' : 'negative_counter',
        subject: formatSeries(sample.name, sample.labels),
        line: sample.line,
        problem: spoilt ? 'the count is NaN' : `the count is ${sample.value}, less than 0`,
        remedy: spoilt ? 'never add NaN: every later sum and rate is NaN too' : 'make it a gauge if it can fall',
      };
    }
  }
}

/** Whether a sample only ever grows: counters, and counts and buckets of histograms and summaries. */
export function counts({ name, type }: ExposedFamily, sample: Sample): boolean {
  if (type === 'counter') return true;
  if (type !== 'histogram' && type !== 'summary') return false;
  return sample.name === `${name}_count` || (type === 'histogram' && sample.name === `${name}_bucket`);
}
