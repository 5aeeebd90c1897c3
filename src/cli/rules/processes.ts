import type { Problem } from '../../decode/problem.ts';
import { processNames } from '../../naming/own/process.ts';
import { scrapeNames } from '../../naming/own/scrape.ts';
import type { Visit } from '../visit.ts';

/**
 * Finds different processes behind one URL: workers of node:cluster, or pods behind a balancer. Each scrape then sees one of
 * them, so that rates are too low, and counters seem to be reset. Several that answer as one are no problem.
 *
 * `first` and `second` are over two connections, one right after the other. `fallenName` is the name of a count that fell.
 */
export function processes(first: Visit, second: Visit, fallenName: string | undefined): Problem | undefined {
  const evidence = difference(first, second, fallenName);
  if (evidence === undefined) return undefined;
  return {
    severity: 'warning',
    rule: 'different_processes',
    subject: 'endpoint',
    problem: `two scrapes over two connections were answered by different processes: ${evidence}`,
    remedy: 'give each process a port of its own and scrape all of them, or add their metrics up first',
  };
}

function difference(first: Visit, second: Visit, fallenName: string | undefined): string | undefined {
  const [start, laterStart] = [first.processStart, second.processStart];
  if (start !== laterStart)
    return `${processNames.startTime} was ${start ?? 'missing'}, then ${laterStart ?? 'missing'}`;
  const isOfSeveral = first.isOfSeveral && second.isOfSeveral;
  if (!isOfSeveral && first.process.join() !== second.process.join()) return 'their headers say so';
  if (fallenName !== undefined) return `${fallenName} fell`;
  // Each of several says within a second what it has counted.
  if (isOfSeveral) return undefined;
  // A process has counted its answer to the first scrape when it answers the second one.
  if (first.scrapes === undefined || first.scrapes === 0 || first.scrapes !== second.scrapes) return undefined;
  return `${scrapeNames.requests} stayed at ${first.scrapes} (or is a cache between?)`;
}
