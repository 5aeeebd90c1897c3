import type { FamilyDraft } from '../../../decode/family-draft.ts';
import type { Sink } from '../../../decode/family-reader.ts';
import { formatSeries } from '../../../decode/labels.ts';
import type { MetadataLine } from '../../../decode/metadata-line.ts';
import { ownCopy } from '../../../decode/own-copy.ts';
import type { Problem } from '../../../decode/problem.ts';
import type { SampleLine } from '../../../decode/sample-line.ts';
import { SeriesTable } from '../../../decode/series-table.ts';
import { MetricGroup, ownLabel } from './metric-group.ts';
import { sampleFaults } from './sample-faults.ts';

/**
 * What the specification of OpenMetrics forbids and Prometheus reads all the same: the order of lines, the names and values of
 * samples, metadata that clash. The verdicts are those of the test suite of OpenMetrics.
 *
 * Sources: https://prometheus.io/docs/specs/om/open_metrics_spec/ and
 * https://github.com/prometheus/OpenMetrics/tree/main/tests/testdata/parsers
 */
export class OpenMetricsRules implements Pick<Required<Sink>, 'sampleLine' | 'metadataLine'> {
  readonly #report: (problem: Problem) => void;
  #family: FamilyDraft | undefined;
  #group: MetricGroup | undefined;
  /** Families whose lines came before those of others. */
  readonly #left = new SeriesTable();
  readonly #groups = new SeriesTable();
  /** Keywords of the metadata that a family has. */
  readonly #metadata = new WeakMap<FamilyDraft, string[]>();
  readonly #withSamples = new WeakSet<FamilyDraft>();
  readonly #withUnit = new WeakSet<FamilyDraft>();
  /** The names that samples of the families can have. */
  readonly #names = new SeriesTable();

  constructor(report: (problem: Problem) => void) {
    this.#report = report;
  }

  readonly metadataLine = (family: FamilyDraft, { keyword, text }: MetadataLine, number: number): void => {
    this.#enter(family, number);
    const known = this.#metadata.get(family) ?? [];
    if (known.includes(keyword)) this.#fault(family.base, number, `a second ${keyword} line`);
    if (this.#withSamples.has(family)) this.#fault(family.base, number, `${keyword} after samples`);
    this.#metadata.set(family, [...known, keyword]);
    if (keyword === 'UNIT' && text !== '') this.#withUnit.add(family);
  };

  readonly sampleLine = (family: FamilyDraft, line: SampleLine, number: number): void => {
    this.#enter(family, number);
    this.#withSamples.add(family);
    const subject = () => formatSeries(line.name, line.labels);
    for (const fault of sampleFaults(family, line)) this.#fault(subject(), number, fault);
    const own = ownLabel(family);
    // All lines of an info are one metric: labels are its values.
    const labels = family.word === 'info' ? [] : line.labels.filter(([label]) => label !== own);
    const isNew = this.#group === undefined || this.#group.labels.join('\n') !== labels.join('\n');
    if (isNew) {
      this.#endGroup(number);
      this.#group = new MetricGroup(family, labels);
      if (this.#groups.add(family.base, labels, number) !== undefined) {
        this.#fault(subject(), number, 'the lines of the metric are not one after the other');
      }
    }
    for (const fault of this.#group!.add(line)) this.#fault(subject(), number, fault);
  };

  /** Takes a family at its end. */
  family(family: FamilyDraft): void {
    if (family.isResumed) return;
    this.#claimNames(family);
    if (this.#withUnit.has(family) && (family.word === 'info' || family.word === 'stateset')) {
      this.#fault(family.base, undefined, `a ${family.word} with a unit`);
    }
  }

  /** Ends the exposition. */
  finish(): void {
    this.#endGroup(undefined);
  }

  #enter(family: FamilyDraft, number: number): void {
    if (family === this.#family) return;
    this.#endGroup(number);
    if (this.#family !== undefined) this.#left.add(this.#family.base, [], 0);
    if (this.#left.get(family.base, []) !== undefined)
      this.#fault(family.base, number, 'its lines are not in one group');
    this.#family = family;
  }

  #endGroup(number: number | undefined): void {
    const [family, group] = [this.#family, this.#group];
    this.#group = undefined;
    if (family === undefined || group === undefined) return;
    for (const fault of group.finish()) this.#fault(formatSeries(family.base, group.labels), number, fault);
  }

  /** No two families may have samples of one name. */
  #claimNames(family: FamilyDraft): void {
    for (const part of new Set(['', ...family.kind.parts])) {
      const name = family.base + part;
      if (this.#names.add(name, [], 0) === undefined) continue;
      this.#fault(family.base, undefined, `its samples can be named ${name}, as those of another family`);
    }
  }

  #fault(subject: string, line: number | undefined, problem: string): void {
    this.#report({
      severity: 'error',
      rule: 'openmetrics',
      subject: ownCopy(subject),
      line,
      problem,
      remedy: 'the specification of OpenMetrics forbids it; Prometheus reads it',
    });
  }
}
