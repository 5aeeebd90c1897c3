import type { FamilyType } from './dialect.ts';
import type { Problem } from './problem.ts';
import { formatSeries, type LabelPairs } from './sample-line.ts';

/** One sample of a family. */
export interface Sample {
  /** With the suffix of a histogram's or summary's part. */
  readonly name: string;
  readonly labels: LabelPairs;
  /** Its `seriesKey`. */
  readonly key: string;
  readonly value: number;
  /** From 1. */
  readonly line: number;
}

/** What an exposition says of one metric. */
export interface ExposedFamily {
  /** That of its series in Prometheus, without the suffix of a histogram's or summary's part. */
  readonly name: string;
  /** `untyped` where no TYPE line says more. */
  readonly type: FamilyType;
  /** '' for a HELP line without text, undefined without such a line. */
  readonly help: string | undefined;
  readonly hasType: boolean;
  readonly samples: readonly Sample[];
}

/** An exposition in a text format: what could be read of it, and what is wrong with its form. */
export interface Exposition {
  readonly families: ReadonlyMap<string, ExposedFamily>;
  readonly problems: readonly Problem[];
}

/** The samples of this name, which may be a histogram's or summary's part. */
export function samplesOf(families: Exposition['families'], name: string): readonly Sample[] {
  return familyOf(families, name)?.samples.filter((sample) => sample.name === name) ?? [];
}

/** The first sample of this name, likewise. */
export function firstSampleOf(families: Exposition['families'], name: string): Sample | undefined {
  return familyOf(families, name)?.samples.find((sample) => sample.name === name);
}

function familyOf(families: Exposition['families'], name: string): ExposedFamily | undefined {
  return families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));
}

/** The label set without its order: equal for equal series. */
export function seriesKey(name: string, labels: LabelPairs): string {
  return formatSeries(
    name,
    labels.toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
