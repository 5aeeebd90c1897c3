import type { ExposedFamily, Sample } from '../../decode/exposition.ts';
import { formatSeries } from '../../decode/labels.ts';
import type { CreateRule } from './rule.ts';

/** Counters and counts that cannot be: negative, or not a number. */
export const values: CreateRule = (report) => ({
  sample: (family, sample) => {
    if (sample.value >= 0 || !counts(family, sample)) return;
    const spoilt = Number.isNaN(sample.value);
    report({
      severity: 'error',
      rule: spoilt ? 'nan_counter' : 'negative_counter',
      subject: formatSeries(sample.name, sample.labels),
      line: sample.line,
      problem: spoilt ? 'the count is NaN' : `the count is ${sample.value}, less than 0`,
      remedy: spoilt ? 'never add NaN: every later sum and rate is NaN too' : 'make it a gauge if it can fall',
    });
  },
});

/** Whether a sample only ever grows: counters, and counts and buckets of histograms and summaries. */
export function counts({ name, type }: ExposedFamily, sample: Sample): boolean {
  if (type === 'counter') return true;
  if (type !== 'histogram' && type !== 'summary') return false;
  const part = sample.name.slice(name.length);
  return part === '_count' || (type === 'histogram' && part === '_bucket');
}
