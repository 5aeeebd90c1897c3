import type { ExposedFamily, Sample } from '../../decode/exposition.ts';
import { formatSeries } from '../../decode/labels.ts';
import type { Problem } from '../../decode/problem.ts';
import { processNames } from '../../naming/own/process.ts';
import { isOfWorker, type Visit } from '../visit.ts';
import { counts } from './values.ts';

/** A count that fell between two scrapes; undefined for one that did not. `rate()` takes it for a restart, and jumps. */
export function fallen(earlier: Visit, family: ExposedFamily, sample: Sample): Problem | undefined {
  if (!counts(family, sample) || (earlier.isOfSeveral && isOfWorker(sample))) return undefined;
  const before = earlier.countOf(sample);
  if (before === undefined || !(sample.value < before)) return undefined;
  return {
    severity: 'error',
    rule: 'counter_went_backwards',
    subject: formatSeries(sample.name, sample.labels),
    problem: `it went from ${before} to ${sample.value} between two scrapes`,
    remedy: 'keep the sums of workers that end; is a balancer between, or does something reset it?',
  };
}

/** Two scrapes of different processes, or of one before and after a restart, cannot be compared. */
export function restarted(earlier: Visit, later: Visit): Problem | undefined {
  if (later.processStart === earlier.processStart) return undefined;
  return {
    severity: 'warning',
    rule: 'restarted',
    subject: processNames.startTime,
    problem: 'the process was restarted between the two scrapes, or another one answered: they were not compared',
    remedy: 'check again',
  };
}
