import { checkEscapes, metricName, quotedNameFault, unescapeLoosely } from './labels.ts';
import { LineError, type LineFault } from './line-error.ts';
import { quote } from './number.ts';
import { bothPrometheus, type Reader } from './problem.ts';

/** What a line says of a whole family. */
export interface MetadataLine {
  readonly keyword: 'HELP' | 'TYPE' | 'UNIT';
  readonly name: string;
  readonly text: string;
  readonly faults: readonly LineFault[];
  /** For whom the line is metadata; for everybody by default. */
  readonly readers?: readonly Reader[] | undefined;
}

const textMetadata = /^[ \t]*#([ \t]*)(HELP|TYPE)(?:([ \t]+)(.*))?$/s;

/**
 * Reads a HELP or TYPE line of the text format. Undefined for another comment. Throws `LineError`.
 *
 * Without a blank behind # the line is a comment for Prometheus, and metadata for promtool.
 */
export function readTextMetadata(line: string): MetadataLine | undefined {
  const [, blanks, keyword, gap, rest = ''] = textMetadata.exec(line) ?? [];
  if (keyword === undefined || gap === undefined || (rest === '' && blanks === '')) return undefined;
  if (rest === '') throw new LineError(`${keyword} without a name`, 'name the metric', bothPrometheus);
  const readers = blanks === '' ? (['promtool'] as const) : undefined;
  const faults: LineFault[] = [];
  const { name, after } = readName(rest, faults);
  // Prometheus 2 refuses quotes, and promtool 3 knows them: of those who read the line, none is meant.
  if (readers !== undefined) faults.length = 0;
  if (name === '' || !/^([ \t]|$)/.test(after)) {
    // Prometheus skips the character behind a name that begins as one, and takes the rest for the help text.
    const isHelp = keyword === 'HELP' && name !== '' && isReadBehindName(after.charCodeAt(0));
    throw new LineError(
      `${quote(rest.split(/[ \t]/, 1)[0]!)} is no metric name`,
      'name the metric',
      readers ?? (isHelp ? ['promtool'] : undefined),
    );
  }
  const text = after.replace(/^[ \t]+/, '');
  if (keyword === 'HELP') {
    checkEscapes({ faults }, text, false);
    return { keyword, name, text: unescapeLoosely(text), faults, readers };
  }
  if (readers === undefined) checkType(text, after, faults);
  return { keyword: 'TYPE', name, text: text.toLowerCase(), faults, readers };
}

/** Prometheus skips one byte, and neither a NUL nor a part of a longer character. */
const isReadBehindName = (code: number) => code > 0 && code < 0x80;

/** Prometheus knows types in small letters alone, one blank behind the name; promtool is not so strict. */
function checkType(text: string, after: string, faults: LineFault[]): void {
  const remedy = 'write one blank and the type in small letters: # TYPE name counter';
  if (text === '') faults.push({ message: 'TYPE without a type', remedy, refusedBy: bothPrometheus });
  else if (text !== text.toLowerCase() || after.length > text.length + 1) {
    faults.push({ message: `${quote(after.slice(1))} is no type to Prometheus`, remedy, refusedBy: bothPrometheus });
  }
}

const openMetadata = /^# (HELP|TYPE|UNIT) (.*)$/s;

/** Reads metadata of OpenMetrics. Undefined for a line that is none. Throws `LineError`. */
export function readOpenMetricsMetadata(line: string): MetadataLine | undefined {
  const [, keyword, rest = ''] = openMetadata.exec(line) ?? [];
  if (keyword === undefined) return undefined;
  const faults: LineFault[] = [];
  const { name, after } = readName(rest, faults);
  if (name === '')
    throw new LineError(`no metric name at ${quote(rest)}`, 'name the metric, one blank behind the keyword');
  if (!after.startsWith(' ')) {
    throw new LineError(
      `${keyword} of ${name} without a text`,
      `write a blank behind the name, and then the ${keyword === 'HELP' ? 'help text' : keyword.toLowerCase()}`,
    );
  }
  const text = after.slice(1);
  if (keyword === 'TYPE' && text === '') throw new LineError(`TYPE of ${name} without a type`, 'write the type');
  const isHelp = keyword === 'HELP';
  return { keyword: keyword as MetadataLine['keyword'], name, text: isHelp ? unescapeLoosely(text) : text, faults };
}

const quotedName = /^"((?:[^"\\]|\\.)*)"/s;

function readName(text: string, faults: LineFault[]): { name: string; after: string } {
  const quoted = quotedName.exec(text);
  if (quoted !== null && quoted[1] !== '') {
    const name = unescapeLoosely(quoted[1]!);
    faults.push(quotedNameFault(name));
    return { name, after: text.slice(quoted[0].length) };
  }
  metricName.lastIndex = 0;
  const name = metricName.exec(text)?.[0] ?? '';
  return { name, after: text.slice(name.length) };
}
