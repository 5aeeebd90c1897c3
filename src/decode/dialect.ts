import { type MetadataLine, readOpenMetricsMetadata, readTextMetadata } from './metadata-line.ts';
import { bothPrometheus, everyReader, type Reader } from './problem.ts';
import { readOpenMetricsLine, readSampleLine, type SampleLine } from './sample-line.ts';

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

/** What a word in a TYPE line means. */
export interface Kind {
  readonly type: FamilyType;
  /** What the names of its samples have behind the family's. */
  readonly parts: readonly string[];
  /** Of these, what belongs to the name by which the family is known here: that of its series in Prometheus. */
  readonly suffix: string;
}

/** One of the text formats. */
export interface Dialect {
  readonly kinds: ReadonlyMap<string, Kind>;
  /** Of a family without a TYPE line. */
  readonly untyped: Kind;
  readonly readSample: (line: string) => SampleLine;
  /** Undefined for a line that is a comment of another kind. */
  readonly readMetadata: (line: string) => MetadataLine | undefined;
  /** OpenMetrics has no empty lines, no other comments, an end, units, and parts with names of their own. */
  readonly isOpenMetrics: boolean;
  /** Who reads this format, and can refuse it. */
  readonly readers: readonly Reader[];
  /** Whether its reader asked for names in quotes. */
  readonly allowsQuotedNames: boolean;
}

/** The text format 0.0.4. Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const textFormat: Dialect = {
  kinds: new Map([
    ['counter', kind('counter', [''])],
    ['gauge', kind('gauge', [''])],
    ['histogram', kind('histogram', ['_bucket', '_sum', '_count'])],
    ['summary', kind('summary', ['', '_sum', '_count'])],
    ['untyped', kind('untyped', [''])],
  ]),
  untyped: kind('untyped', ['']),
  readSample: readSampleLine,
  readMetadata: readTextMetadata,
  isOpenMetrics: false,
  readers: everyReader,
  allowsQuotedNames: false,
};

/** OpenMetrics 1.0. Source: https://prometheus.io/docs/specs/om/open_metrics_spec/ */
const openMetrics: Dialect = {
  kinds: new Map([
    ['counter', kind('counter', ['_total', '_created'], '_total')],
    ['gauge', kind('gauge', [''])],
    ['histogram', kind('histogram', ['_bucket', '_sum', '_count', '_created'])],
    ['gaugehistogram', kind('untyped', ['_bucket', '_gsum', '_gcount'])],
    ['summary', kind('summary', ['', '_sum', '_count', '_created'])],
    ['info', kind('gauge', ['_info'], '_info')],
    ['stateset', kind('gauge', [''])],
    ['unknown', kind('untyped', [''])],
  ]),
  untyped: kind('untyped', ['']),
  readSample: readOpenMetricsLine,
  readMetadata: readOpenMetricsMetadata,
  isOpenMetrics: true,
  // promtool check metrics reads the text format alone.
  readers: bothPrometheus,
  allowsQuotedNames: false,
};

/** By the answer's Content-Type; what says nothing is the text format. */
export function dialectOf(contentType: string): Dialect {
  const dialect = /^\s*application\/openmetrics-text\s*(;|$)/i.test(contentType) ? openMetrics : textFormat;
  const allowsQuotedNames = /;\s*escaping\s*=\s*"?allow-utf-8"?\s*(;|$)/i.test(contentType);
  return allowsQuotedNames ? { ...dialect, allowsQuotedNames } : dialect;
}

function kind(type: FamilyType, parts: readonly string[], suffix = ''): Kind {
  return { type, parts, suffix };
}
