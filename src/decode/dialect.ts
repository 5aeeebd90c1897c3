import {
  readOpenMetricsLine,
  readSampleLine,
  type SampleLine,
  type TextPool,
  unescapeLoosely,
  unescapeText,
} from './sample-line.ts';

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
  readonly readSample: (line: string, pool?: TextPool) => SampleLine;
  readonly readHelp: (text: string) => string;
  /** Comment of metadata: its keyword, the name of the family, and the rest of the line. */
  readonly metadata: RegExp;
  /** OpenMetrics has no empty lines, no other comments, an end, units, parts with names of their own, and no lines of one family apart. */
  readonly isStrict: boolean;
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
  readHelp: (text) => unescapeText(text, false),
  metadata: /^[ \t]*#[ \t]*(HELP|TYPE)(?:[ \t]+([^ \t]*)[ \t]*(.*))?$/s,
  isStrict: false,
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
  readHelp: unescapeLoosely,
  metadata: /^# (HELP|TYPE|UNIT) ([^ ]*)(?: (.*))?$/s,
  isStrict: true,
};

/** By the answer's Content-Type; what says nothing is the text format. */
export function dialectOf(contentType: string): Dialect {
  return /^\s*application\/openmetrics-text\b/i.test(contentType) ? openMetrics : textFormat;
}

/** What would be right in place of a sample that its family cannot have; undefined for one that it can. */
export function remedyOfName(name: string, family: string, word: string, { parts }: Kind): string | undefined {
  if (parts.includes(name.slice(family.length))) return undefined;
  return word === 'counter' && family.endsWith('_total')
    ? `leave _total to the samples: # TYPE ${family.slice(0, -'_total'.length)} counter`
    : `write ${parts.map((part) => family + part).join(', ')}`;
}

function kind(type: FamilyType, parts: readonly string[], suffix = ''): Kind {
  return { type, parts, suffix };
}
