import type { Exposition, Sample } from '../../decode/exposition.ts';
import type { Problem } from '../../decode/problem.ts';
import { formatSeries } from '../../decode/sample-line.ts';
import { processNames } from '../../naming/own/process.ts';
import { counts } from './values.ts';

/** Counts that are less in the later of two scrapes of one process: `rate()` takes each for a restart, and jumps. */
export function* backwards(earlier: Exposition, later: Exposition): Generator<Problem> {
  if (startOf(later) !== startOf(earlier)) {
    yield {
      severity: 'warning',
      rule: 'restarted',
      subject: processNames.startTime,
      problem: 'the process was restarted between the two scrapes, or another one answered: they were not compared',
      remedy: 'check again',
    };
    return;
  }
  const before = new Map(Array.from(counted(earlier), (sample) => [sample.key, sample]));
  for (const { name, labels, key, value } of counted(later)) {
    const first = before.get(key)?.value;
    if (first === undefined || !(value < first)) continue;
    yield {
      severity: 'error',
      rule: 'counter_went_backwards',
      subject: formatSeries(name, labels),
      problem: `it went from ${first} to ${value} between two scrapes`,
      remedy: 'keep the sums of workers that end; is a balancer between, or does something reset it?',
    };
  }
}

function startOf({ families }: Exposition): number | undefined {
  return families.get(processNames.startTime)?.samples[0]?.value;
}

function* counted({ families }: Exposition): Generator<Sample> {
  for (const family of families.values()) {
    for (const sample of family.samples) if (counts(family, sample)) yield sample;
  }
}
