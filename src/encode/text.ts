import type { LiveFamily } from '../core/snapshot.ts';
import type { Encoding } from './encoding.ts';
import type { Dialect } from './lines.ts';
import { formatNumber } from './number.ts';
import { encodeLines } from './plain-lines.ts';
import { RepeatedLines } from './repeated-lines.ts';

const dialect: Dialect = {
  head: ({ name, help, type }: LiveFamily) => `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`,
  number: formatNumber,
  count: formatNumber,
  // As client_golang: a sum that goes down spoils `rate` of it, and nothing else.
  hasTotals: () => true,
  isSummarized: () => true,
  exemplar: undefined,
  created: undefined,
  end: '',
};

/** Prometheus's text format 0.0.4. Exemplars have no place. */
export const text: Encoding = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  encode: (families) => encodeLines(families, dialect),
  repeated: () => new RepeatedLines(dialect),
};

function escapeHelp(help: string): string {
  return help.replace(/[\\\n]/g, (character) => (character === '\n' ? '\\n' : '\\\\'));
}
