import type { FamilyType } from './dialect.ts';
import { formatSeries, type LabelPairs } from './labels.ts';
import type { Problem } from './problem.ts';

/** One sample of a family. */
export interface Sample {
  /** With the suffix of a histogram's or summary's part. */
  readonly name: string;
  readonly labels: LabelPairs;
  readonly value: number;
  /** In seconds since 1970, where the line has one. */
  readonly timestamp: number | undefined;
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
  /** How many samples it has, each series once. */
  readonly size: number;
  readonly labelNames: ReadonlySet<string>;
}

/** A sample that is kept. */
export interface KeptSample extends Sample {
  /** Its `seriesKey`. */
  readonly key: string;
}

/** A family whose samples are kept. */
export interface KeptFamily extends ExposedFamily {
  readonly samples: readonly KeptSample[];
}

/** An exposition in a text format: what could be read of it, and what is wrong with its form. */
export interface Exposition {
  readonly families: ReadonlyMap<string, KeptFamily>;
  readonly problems: readonly Problem[];
}

/** The samples of this name, which may be a histogram's or summary's part. */
export function samplesOf(families: Exposition['families'], name: string): readonly KeptSample[] {
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));
  return family?.samples.filter((sample) => sample.name === name) ?? [];
}

/** The label set without its order: equal for equal series. */
export function seriesKey(name: string, labels: LabelPairs): string {
  return formatSeries(
    name,
    labels.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
