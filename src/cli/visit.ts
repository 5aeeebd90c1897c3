import type { ExposedFamily, Sample } from '../decode/exposition.ts';
import { SeriesTable } from '../decode/series-table.ts';
import { processNames } from '../naming/own/process.ts';
import { processesName } from '../naming/own/processes.ts';
import { scrapeNames } from '../naming/own/scrape.ts';
import { counts } from './rules/values.ts';

/** What two scrapes of one endpoint are compared by: some bytes for each count. */
export class Visit {
  /** What headers say of the process. */
  readonly process: readonly string[];
  /** When the process started, as it says itself. */
  processStart: number | undefined;
  /** Scrapes that the process has counted. */
  scrapes: number | undefined;
  /** Whether several processes answer as one, so that any of them may answer. */
  isOfSeveral = false;
  readonly #counts = new SeriesTable();
  /** Whether counts are kept, for a later visit to be compared with them. */
  readonly #isKept: boolean;

  constructor(process: readonly string[], isKept: boolean) {
    this.process = process;
    this.#isKept = isKept;
  }

  add(family: ExposedFamily, sample: Sample): void {
    if (sample.name === processesName) this.isOfSeveral = true;
    if (sample.name === processNames.startTime && !isOfWorker(sample)) this.processStart ??= sample.value;
    if (sample.name === scrapeNames.requests) this.scrapes = (this.scrapes ?? 0) + sample.value;
    if (this.#isKept && counts(family, sample)) this.#counts.set(sample.name, sample.labels, sample.value);
  }

  /** The count of a series; undefined where it has none. */
  countOf({ name, labels }: Sample): number | undefined {
    return this.#counts.get(name, labels);
  }
}

/** Whether a series is of one of several processes: its counts begin anew with the process that takes its number. */
export function isOfWorker({ labels }: Sample): boolean {
  return labels.some(([label]) => label === 'worker');
}
