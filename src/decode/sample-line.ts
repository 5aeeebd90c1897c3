/** Label names and values in the order of the line. */
export type LabelPairs = readonly (readonly [name: string, value: string])[];

/** What a line of an exposition says of one series. */
export interface SampleLine {
  readonly name: string;
  readonly labels: LabelPairs;
  readonly value: number;
  /** Since 1970, where the line has one: milliseconds, in OpenMetrics seconds. */
  readonly timestamp: number | undefined;
  readonly hasExemplar?: boolean;
}

/** Names and values of the lines that were read, each once: in a large exposition they are most of what the garbage collector has to walk. */
export type TextPool = Map<string, string>;

/** A line that is not in the format. The message says what is wrong, `remedy` what would be right. */
export class LineError extends Error {
  override readonly name = 'LineError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** Begins with a metric name. */
export const metricName: RegExp = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const blanks = /[ \t]*/y;
const token = /[^ \t]*/y;
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
/** Characters of an exemplar's names and values. */
const longestExemplar = 128;
const infinite = /^[+-]?inf(?:inity)?$/i;

/**
 * Reads one line with a sample, as strictly as Prometheus's own reader of the format. Throws `LineError`.
 * Source: https://github.com/prometheus/common/blob/main/expfmt/text_parse.go
 */
export function readSampleLine(line: string, pool: TextPool = new Map()): SampleLine {
  const scan = new Scanner(line, true, pool);
  scan.passBlanks();
  const { name, labels } = readSeries(scan);
  scan.passBlanks();
  const value = readValue(scan.take(token));
  let timestamp: number | undefined;
  if (!scan.done) {
    scan.passBlanks();
    timestamp = readTimestamp(scan.take(token));
    if (!scan.done) throw new LineError(`${quote(scan.rest())} after the timestamp`, 'end the line there');
  }
  return { name, labels, value, timestamp };
}

/**
 * Reads one line with a sample of OpenMetrics, as strictly as its specification. Throws `LineError`.
 * Source: https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function readOpenMetricsLine(line: string, pool: TextPool = new Map()): SampleLine {
  const scan = new Scanner(line, false, pool);
  const { name, labels } = readSeries(scan);
  const value = readValue(takeNext(scan));
  if (scan.done) return { name, labels, value, timestamp: undefined };
  let timestamp: number | undefined;
  if (!scan.at(' #')) timestamp = readSeconds(takeNext(scan));
  if (scan.done) return { name, labels, value, timestamp };
  if (!scan.eat(' # {')) {
    throw new LineError(
      `${quote(scan.rest())} at the end`,
      'end the line there, or write an exemplar: # {label="value"} 1',
    );
  }
  const length = readLabels(scan, name).reduce((sum, pair) => sum + Array.from(pair.join('')).length, 0);
  if (length > longestExemplar) {
    throw new LineError(
      `an exemplar of ${length} characters`,
      `keep names and values within ${longestExemplar} in all`,
    );
  }
  readValue(takeNext(scan));
  if (!scan.done) readSeconds(takeNext(scan));
  if (!scan.done) throw new LineError(`${quote(scan.rest())} after the exemplar`, 'end the line there');
  return { name, labels, value, timestamp, hasExemplar: true };
}

function readSeries(scan: Scanner): Pick<SampleLine, 'name' | 'labels'> {
  const name = scan.keep(scan.take(metricName));
  if (name === '') throw new LineError(`no metric name at ${quote(scan.rest())}`, 'begin a sample with a metric name');
  scan.passBlanks();
  return { name, labels: scan.eat('{') ? readLabels(scan, name) : [] };
}

/** What follows one blank. */
function takeNext(scan: Scanner): string {
  if (!scan.eat(' ') || /^[ \t]/.test(scan.rest())) {
    throw new LineError(
      `not one blank before ${quote(scan.rest().trimStart())}`,
      'write one before each number, and none elsewhere',
    );
  }
  return scan.take(token);
}

function readSeconds(text: string): number {
  if (decimal.test(text)) return Number(text);
  throw new LineError(`${quote(text)} is no timestamp`, 'write seconds since 1970, or nothing');
}

/** The value of a label; undefined where there is no such label. */
export function labelOf(labels: LabelPairs, name: string): string | undefined {
  return labels.find(([label]) => label === name)?.[1];
}

/** Name and labels as they stand in an exposition. */
export function formatSeries(name: string, labels: LabelPairs): string {
  if (labels.length === 0) return name;
  return `${name}{${labels.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
}

function readLabels(scan: Scanner, metric: string): LabelPairs {
  const labels: [string, string][] = [];
  scan.passBlanks();
  while (!scan.eat('}')) {
    const name = scan.keep(scan.take(labelName));
    if (name === '')
      throw new LineError(`no label name at ${quote(scan.rest())}`, 'write name="value", and } at the end');
    if (name === '__name__') throw new LineError('label __name__ is reserved', `leave it out: the name is ${metric}`);
    if (labels.some(([other]) => other === name)) {
      throw new LineError(`label ${name} is there twice`, 'give each label once');
    }
    scan.passBlanks();
    if (!scan.eat('=')) throw new LineError(`no = after label ${name}`, `write ${name}="value"`);
    scan.passBlanks();
    if (!scan.eat('"')) throw new LineError(`the value of label ${name} is not in "`, `write ${name}="value"`);
    const value = scan.isLenient ? unescapeText(scan.takeQuoted(), true) : unescapeLoosely(scan.takeQuoted());
    if (!scan.eat('"'))
      throw new LineError(
        `the value of label ${name} does not end`,
        'close it with ", and write a new line in it as \\n',
      );
    labels.push([name, scan.keep(value)]);
    scan.passBlanks();
    if (scan.eat(',')) {
      scan.passBlanks();
      if (scan.at('}') && !scan.isLenient) throw new LineError('a , after the last label', 'leave it out');
    } else if (!scan.at('}'))
      throw new LineError(`no , or } after label ${name}`, 'put , between labels and } after the last');
  }
  return labels;
}

/** Resolves `\\` and `\n`, and `\"` in label values. Throws `LineError` for other sequences. */
export function unescapeText(text: string, inLabel: boolean): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.?)/g, (sequence, character: string) => {
    if (character === 'n') return '\n';
    if (character === '\\' || (character === '"' && inLabel)) return character;
    throw new LineError(
      `${sequence} is no escape sequence`,
      `write \\\\ for a backslash; \\n${inLabel ? ' and \\"' : ''} are the others`,
    );
  });
}

/** As OpenMetrics has it: other sequences stand for themselves. */
export function unescapeLoosely(text: string): string {
  return text.replace(/\\([\\n"])/g, (_sequence, character: string) => (character === 'n' ? '\n' : character));
}

/** A sample's value or the bound in `le`; NaN as a result is NaN in the text. Throws `LineError`. */
export function readValue(text: string): number {
  if (/^nan$/i.test(text)) return Number.NaN;
  if (infinite.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  // Go calls a number that is too large an error, not infinite.
  if (Number.isFinite(value)) return value;
  const remedy = text.endsWith('\r') ? 'end lines with \\n, not \\r\\n' : 'write a decimal number, NaN, +Inf or -Inf';
  throw new LineError(`${quote(text)} is no number`, remedy);
}

/** The bound in `le`; NaN where it is no number. */
export function numberOrNaN(text: string): number {
  try {
    return readValue(text);
  } catch {
    return Number.NaN;
  }
}

function readTimestamp(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  if (text === '') throw new LineError('blanks after the value', 'end the line with the value');
  const remedy = text.startsWith('#')
    ? 'exemplars are for OpenMetrics: leave them out'
    : 'write whole milliseconds since 1970, or nothing';
  throw new LineError(`${quote(text)} is no timestamp`, remedy);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

/** A place in a line. */
class Scanner {
  readonly #line: string;
  #at = 0;
  /** Whether blanks may stand anywhere, and a comma at the end. */
  readonly isLenient: boolean;
  readonly #pool: TextPool;

  constructor(line: string, isLenient: boolean, pool: TextPool) {
    this.#line = line;
    this.isLenient = isLenient;
    this.#pool = pool;
  }

  /** The same text, which all lines with it share. */
  keep(text: string): string {
    const kept = this.#pool.get(text);
    if (kept === undefined) this.#pool.set(text, text);
    return kept ?? text;
  }

  get done(): boolean {
    return this.#at >= this.#line.length;
  }

  at(text: string): boolean {
    return this.#line.startsWith(text, this.#at);
  }

  eat(text: string): boolean {
    if (!this.at(text)) return false;
    this.#at += text.length;
    return true;
  }

  /** What the sticky pattern matches from here on, '' when it does not. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#line)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  /** Up to the next quote that no backslash is before. Not a pattern, of which V8's stack ends at some megabytes. */
  takeQuoted(): string {
    let end = this.#at;
    while (end < this.#line.length && this.#line[end] !== '"') end += this.#line[end] === '\\' ? 2 : 1;
    const found = this.#line.slice(this.#at, end);
    this.#at = Math.min(end, this.#line.length);
    return found;
  }

  /** Blanks, where they may stand. */
  passBlanks(): void {
    // Where there is none, as most often, no pattern is asked.
    if (this.isLenient && this.#line.charCodeAt(this.#at) <= 0x20) this.take(blanks);
  }

  rest(): string {
    return this.#line.slice(this.#at);
  }
}
