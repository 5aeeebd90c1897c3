import type { ExposedFamily, Sample } from '../decode/exposition.ts';
import { SeriesTable } from '../decode/series-table.ts';
import { processNames } from '../naming/own/process.ts';
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
  readonly #counts = new SeriesTable();
  /** Whether counts are kept, for a later visit to be compared with them. */
  readonly #isKept: boolean;

  constructor(process: readonly string[], isKept: boolean) {
    this.process = process;
    this.#isKept = isKept;
  }

  add(family: ExposedFamily, sample: Sample): void {
    if (sample.name === processNames.startTime) this.processStart ??= sample.value;
    if (sample.name === scrapeNames.requests) this.scrapes = (this.scrapes ?? 0) + sample.value;
    if (this.#isKept && counts(family, sample)) this.#counts.set(sample.name, sample.labels, sample.value);
  }

  /** The count of a series; undefined where it has none. */
  countOf({ name, labels }: Sample): number | undefined {
    return this.#counts.get(name, labels);
  }
}
