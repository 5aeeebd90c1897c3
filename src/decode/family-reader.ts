import type { Dialect } from './dialect.ts';
import type { ExposedFamily, Sample } from './exposition.ts';
import type { FamilyDraft } from './family-draft.ts';
import { FamilyShelf } from './family-shelf.ts';
import { formatSeries, type LabelPairs, labelOf } from './labels.ts';
import { LineError } from './line-error.ts';
import type { MetadataLine } from './metadata-line.ts';
import { numberOrNaN, quote } from './number.ts';
import { ownCopy } from './own-copy.ts';
import { bothPrometheus, type Problem, type Reader, type Severity } from './problem.ts';
import type { SampleLine } from './sample-line.ts';
import { SeriesTable } from './series-table.ts';

/** Takes what is read. */
export interface Sink {
  /** A sample, in the order of the lines; of a series that is there twice, the first one. */
  readonly sample: (family: ExposedFamily, sample: Sample) => void;
  readonly problem: (problem: Problem) => void;
  /** Each family at its end, which is that of the exposition unless there are very many families. */
  readonly family?: (family: FamilyDraft) => void;
  /** Any line with a sample, also one that is there twice, or that says when a series began. */
  readonly sampleLine?: (family: FamilyDraft, line: SampleLine, number: number) => void;
  /** Any line with metadata, before the family is given it. */
  readonly metadataLine?: (family: FamilyDraft, line: MetadataLine, number: number) => void;
}

/** Puts families together from their lines. */
export class FamilyReader {
  readonly #dialect: Dialect;
  readonly #sink: Sink;
  readonly #shelf: FamilyShelf;
  readonly #seen = new SeriesTable();
  #current: FamilyDraft | undefined;

  constructor(dialect: Dialect, sink: Sink) {
    this.#dialect = dialect;
    this.#sink = sink;
    this.#shelf = new FamilyShelf(dialect, (family) => sink.family?.(family));
  }

  /** Ends all families. */
  finish(): void {
    this.#shelf.finish();
  }

  /** Throws `LineError`. */
  metadata(line: MetadataLine, number: number): void {
    const { keyword, name, text } = line;
    // A TYPE without a type says nothing.
    if (keyword === 'TYPE' && text === '') return;
    const family = this.#enter(name, number);
    this.#sink.metadataLine?.(family, line, number);
    if (keyword === 'HELP') this.#help(family, text, number);
    else if (keyword === 'UNIT') this.#unit(family, text, number);
    else this.#type(family, line, number);
  }

  /** Throws `LineError`. */
  sample(line: SampleLine, number: number): void {
    const { name, labels, value, timestamp, exemplarLength } = line;
    const family = this.#enter(name, number);
    checkPart(family, name, labels);
    this.#sink.sampleLine?.(family, line, number);
    if (exemplarLength !== undefined) this.#exemplar(line, exemplarLength, number);
    const first = this.#seen.add(name, timestamp === undefined ? labels : [...labels, [' ', `${timestamp}`]], number);
    if (first !== undefined) {
      const remedy = 'expose each series once: Prometheus drops the others';
      const subject = formatSeries(name, labels);
      this.#report('error', 'duplicate_series', subject, number, `it is on line ${first} already`, remedy);
      return;
    }
    // When the series began, not what it counts.
    const part = name.slice(family.base.length);
    if (part === '_created' && family.kind.parts.includes(part)) return;
    family.add(labels);
    this.#sink.sample(family, { name, labels, value, timestamp, line: number });
  }

  /** promtool refuses it in the text format; Prometheus takes the last one. */
  #metadataProblem(rule: string, family: FamilyDraft, number: number, problem: string, remedy: string): void {
    const severity = this.#dialect.isOpenMetrics ? 'warning' : 'error';
    this.#report(severity, rule, family.name, number, problem, remedy, ['promtool']);
  }

  #report(
    severity: Severity,
    rule: string,
    subject: string,
    line: number,
    problem: string,
    remedy: string,
    readers: readonly Reader[] = [],
  ): void {
    const refusedBy = readers.filter((reader) => this.#dialect.readers.includes(reader));
    this.#sink.problem({ severity, rule, subject, line, problem, remedy, ...(refusedBy.length > 0 && { refusedBy }) });
  }

  #type(family: FamilyDraft, { text, readers }: MetadataLine, number: number): void {
    const { kinds } = this.#dialect;
    const kind = kinds.get(text);
    if (kind === undefined) {
      const known = text === 'gaugehistogram' ? bothPrometheus : undefined; // a newer promtool knows it
      const remedy = `write one of ${[...kinds.keys()].join(', ')}`;
      throw new LineError(`${quote(text)} is no metric type`, remedy, readers ?? known);
    }
    if (family.hasType) {
      const remedy = 'write TYPE once, before the samples';
      this.#metadataProblem('type_twice', family, number, 'a second TYPE line', remedy);
    } else if (family.hasSamples) {
      const remedy = 'write TYPE before the first sample';
      this.#metadataProblem('type_after_samples', family, number, 'TYPE after samples', remedy);
    } else Object.assign(family, { word: text, kind, hasType: true });
  }

  #unit({ name, base }: FamilyDraft, unit: string, number: number): void {
    if (unit === '' || base.endsWith(`_${unit}`)) return;
    const remedy = `name it ${base}_${unit}, or leave the UNIT line out`;
    const problem = `its unit ${unit} is not the end of its name`;
    this.#report('error', 'unit_not_in_name', name, number, problem, remedy, bothPrometheus);
  }

  #help(family: FamilyDraft, text: string, number: number): void {
    // To promtool, a HELP line without a text says nothing.
    if (family.help && text !== '') {
      const remedy = 'write HELP once, before the samples';
      this.#metadataProblem('help_twice', family, number, 'a second HELP line', remedy);
      return;
    }
    if (family.hasSamples && text !== '') {
      const remedy = 'write HELP before the first sample';
      this.#report('warning', 'help_after_samples', family.name, number, 'HELP after samples', remedy);
    }
    family.help ||= ownCopy(text);
  }

  #exemplar({ name, labels }: SampleLine, length: number, number: number): void {
    const subject = formatSeries(name, labels);
    if (!/_(total|bucket)$/.test(name)) {
      const remedy = 'only counters and buckets have them: leave it out';
      this.#report('error', 'stray_exemplar', subject, number, 'it has an exemplar', remedy, ['prometheus2']);
    }
    if (length > longestExemplar) {
      const problem = `its exemplar has ${length} characters, and Prometheus drops it`;
      const remedy = `keep names and values of an exemplar within ${longestExemplar} characters in all`;
      this.#report('warning', 'long_exemplar', subject, number, problem, remedy);
    }
  }

  /** The family that a name belongs to, which from now on is the one that is being written. */
  #enter(name: string, number: number): FamilyDraft {
    const family = this.#shelf.enter(name);
    if (family !== this.#current && family.hasSamples && !family.isScattered) {
      family.isScattered = true;
      const remedy = 'write all lines of a metric together';
      this.#report('warning', 'scattered_family', family.name, number, 'its lines are not in one group', remedy);
    }
    this.#current = family;
    return family;
  }
}

/** Characters of an exemplar's names and values. */
const longestExemplar = 128;

/** What a histogram's and a summary's parts must have to be read as such. */
function checkPart({ base, type }: FamilyDraft, name: string, labels: LabelPairs): void {
  const isBucket = type === 'histogram' && name.length === base.length + 7 && name.endsWith('_bucket');
  if (!isBucket && !(type === 'summary' && name === base)) return;
  const label = isBucket ? 'le' : 'quantile';
  const value = labelOf(labels, label);
  if (value === undefined || !Number.isNaN(numberOrNaN(value))) return;
  // promtool takes NaN for a number.
  throw new LineError(
    `${label}=${JSON.stringify(value)} is no number`,
    label === 'le' ? 'write the upper bound, or +Inf' : 'write a number from 0 to 1',
    /^nan$/i.test(value) ? [] : ['promtool'],
  );
}
