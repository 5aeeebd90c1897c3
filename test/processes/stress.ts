import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { NativeBuckets } from '../../src/core/snapshot.ts';
import { HistogramView } from '../../src/processes/histogram-view.ts';
import type { Shelf } from '../../src/processes/shelf.ts';
import { untilExit } from '../support/wait.ts';
import { Lives, newGeneration, readerOf } from './folders.ts';

const program = fileURLToPath(new URL('./stress-writer.ts', import.meta.url));

/** What a reader saw of a book that was written all the time. */
export interface StressResult {
  readonly readings: number;
  /** Observations that the reader saw come in. */
  readonly observations: number;
  readonly problems: readonly string[];
}

/** Reads a book for so long while another process writes it as fast as it can. */
export async function readUnderStress(seconds: number): Promise<StressResult> {
  const folder = newGeneration();
  const child = fork(program, [folder], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    await once(child, 'message');
    const problems = new Set<string>();
    const refused = (_name: string, error: unknown) => problems.add(`the book could not be read: ${String(error)}`);
    return await readAll(readerOf(folder, new Lives(), { refused }), seconds, problems);
  } finally {
    await end(child);
  }
}

async function readAll(shelf: Shelf, seconds: number, problems: Set<string>): Promise<StressResult> {
  const refused = (problem: string) => problems.add(problem);
  let [readings, last, timestamp] = [0, 0, 0];
  const first = count(shelf);
  for (const until = Date.now() + seconds * 1000; Date.now() < until; readings += 1) {
    const now = count(shelf);
    if (now < last) refused(`the count fell from ${last} to ${now}`);
    last = now;
    const parts = shelf.sums.get(['thing'])!.parts;
    const { native, exemplars } = parts.get('native')!;
    if (native === undefined) refused('there are no native buckets');
    else if (countOf(native) !== now) refused('the native buckets do not have the count of the classic ones');
    const exemplar = exemplars?.[0];
    if (exemplar === undefined) refused('there is no exemplar');
    else if (Number(exemplar.labels.trace_id) !== exemplar.value || exemplar.value < timestamp) {
      refused(`an exemplar is half of one: ${JSON.stringify(exemplar)}`);
    } else timestamp = exemplar.timestamp;
    for (const [name, part] of parts) {
      if (!name.startsWith('row ')) continue;
      const values = [...part.values].filter((value) => value !== 0);
      // A row that is just made is zero, and its numbers come one by one.
      if (values.some((value) => name !== `row ${value}`))
        refused(`${name} has the numbers of another: ${values.join()}`);
    }
    if (readings % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { readings, observations: last - first, problems: [...problems] };
}

function count(shelf: Shelf): number {
  shelf.refresh();
  return new HistogramView(shelf.sums.get(['thing'])!.parts.get('native')!).count;
}

function countOf({ zeroCount, counts }: NativeBuckets): number {
  return counts.reduce((sum, one) => sum + one, zeroCount);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.connected) child.disconnect();
  await untilExit(child);
}
