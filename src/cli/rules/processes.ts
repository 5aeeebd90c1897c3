import type { Exposition, Sample } from '../../decode/exposition.ts';
import type { Problem } from '../../decode/problem.ts';
import { processNames } from '../../naming/own/process.ts';
import { scrapeNames } from '../../naming/own/scrape.ts';
import { counts } from './values.ts';

/** One of two scrapes over two connections, one right after the other. */
export interface Visit {
  readonly exposition: Exposition;
  /** What headers say of the process. */
  readonly process: readonly string[];
}

/**
 * Finds different processes behind one URL: workers of node:cluster, or pods behind a balancer. Each scrape then sees one of
 * them, so that rates are too low, and counters seem to be reset.
 */
export function* processes(first: Visit, second: Visit): Generator<Problem> {
  const evidence = difference(first, second);
  if (evidence === undefined) return;
  yield {
    severity: 'warning',
    rule: 'different_processes',
    subject: 'endpoint',
    problem: `two scrapes over two connections were answered by different processes: ${evidence}`,
    remedy: 'give each process a port of its own and scrape all of them, or add their metrics up first',
  };
}

function difference(first: Visit, second: Visit): string | undefined {
  const [start, laterStart] = [startOf(first.exposition), startOf(second.exposition)];
  if (start !== laterStart)
    return `${processNames.startTime} was ${start ?? 'missing'}, then ${laterStart ?? 'missing'}`;
  if (first.process.join() !== second.process.join()) return 'their headers say so';
  const fallen = fallenCount(first.exposition, second.exposition);
  if (fallen !== undefined) return `${fallen} fell`;
  // A process has counted its answer to the first scrape when it answers the second one.
  const [scrapes, laterScrapes] = [scrapesOf(first.exposition), scrapesOf(second.exposition)];
  if (scrapes === undefined || scrapes === 0 || scrapes !== laterScrapes) return undefined;
  return `${scrapeNames.requests} stayed at ${scrapes} (or is a cache between?)`;
}

function startOf({ families }: Exposition): number | undefined {
  return families.get(processNames.startTime)?.samples[0]?.value;
}

function scrapesOf({ families }: Exposition): number | undefined {
  return families.get(scrapeNames.requests)?.samples.reduce((sum, { value }) => sum + value, 0);
}

function fallenCount(first: Exposition, second: Exposition): string | undefined {
  const before = new Map(Array.from(counted(first), ({ key, value }) => [key, value]));
  for (const { name, key, value } of counted(second)) if (value < (before.get(key) ?? value)) return name;
  return undefined;
}

function* counted({ families }: Exposition): Generator<Sample> {
  for (const family of families.values()) {
    for (const sample of family.samples) if (counts(family, sample)) yield sample;
  }
}
