import type { Dialect } from './dialect.ts';
import type { FamilyReader, Sink } from './family-reader.ts';
import { LineError, type LineFault, OpenValueError } from './line-error.ts';
import type { LineBlock } from './lines.ts';
import { bothPrometheus, type Reader } from './problem.ts';
import type { SampleLine } from './sample-line.ts';

/** The last line of OpenMetrics, of which it alone need not end. */
const end = '# EOF';
/** A NUL before all else but blanks, or in a comment that begins with it or without a blank. */
const nulEnd = /^[ \t]*(?:#(?:[ \t]*\0|[^ \t].*\0)|\0)/s;
/** Lines that the value of a label may go on over. */
const mostOpenLines = 20;

/** Reads an exposition line by line, and gives what is in them to the reader of families. */
export class LineReader {
  readonly #dialect: Dialect;
  readonly #families: FamilyReader;
  readonly #sink: Sink;
  #line = 0;
  #hasEnded = false;
  /** Whether Prometheus takes the exposition to end before this line. */
  #isUnseen = false;
  /** What is said once of the whole. */
  readonly #said = new Set<string>();
  /** Lines from one on whose last label value does not end. */
  #open: string[] = [];

  constructor(dialect: Dialect, families: FamilyReader, sink: Sink) {
    this.#dialect = dialect;
    this.#families = families;
    this.#sink = sink;
  }

  /** Returns false where nothing behind the lines can be read. */
  read({ texts, notUtf8, isOpen }: LineBlock): boolean {
    for (const [index, text] of texts.entries()) {
      const isUtf8 = !notUtf8.has(index);
      this.#line += 1;
      if (this.#line > 1) this.#next(text, isUtf8);
      else if (!isUtf8 && /^\uFFFD{2}.*\0/s.test(text)) {
        this.#once('utf_16', 'it is UTF-16', 'encode the exposition as UTF-8');
        this.#hasEnded = true;
        return false;
      } else this.#next(this.#withoutMark(text), isUtf8);
    }
    // OpenMetrics says by # EOF that nothing was cut off.
    // To promtool, a line of blanks need not end.
    if (isOpen && !this.#dialect.isOpenMetrics && !/^[ \t]+$/.test(texts.at(-1)!)) {
      const problem = 'the last line does not end: was the answer cut off?';
      this.#once('open_end', problem, 'end every line with \\n', ['promtool']);
    }
    return true;
  }

  finish(): void {
    while (this.#open.length > 0) this.#closeOpen();
    if (!this.#dialect.isOpenMetrics || this.#hasEnded) return;
    const remedy = 'was it cut off? # EOF has to be its last line';
    // Prometheus 3 takes an empty answer.
    const refusedBy = this.#line === 0 ? (['prometheus2'] as const) : bothPrometheus;
    this.#report('no_eof', 'it does not end with # EOF', remedy, refusedBy, 'exposition');
  }

  #withoutMark(text: string): string {
    if (!text.startsWith('\uFEFF')) return text;
    this.#once('byte_order_mark', 'it begins with a byte order mark', 'encode the exposition as UTF-8 without BOM');
    return text.slice(1);
  }

  /** Reads a line, and those before it whose value it may be a part of. */
  #next(text: string, isUtf8: boolean): void {
    if (this.#open.length === 0) {
      this.#readLine(text, isUtf8);
      return;
    }
    this.#open.push(text);
    let sample: SampleLine;
    try {
      sample = this.#dialect.readSample(this.#open.join('\n'));
    } catch (error) {
      if (!(error instanceof OpenValueError) || this.#open.length > mostOpenLines) this.#closeOpen();
      return;
    }
    const first = this.#line - this.#open.length + 1;
    this.#open = [];
    const message = 'a new line within the value of a label';
    this.#fault({ message, remedy: 'write it as \\n', refusedBy: ['promtool'] }, first);
    this.#attempt(() => this.#families.sample(sample, first));
  }

  /** The value of the first line does not end: the lines behind it are lines of their own. */
  #closeOpen(): void {
    const [first, ...others] = this.#open;
    if (first === undefined) return;
    this.#open = [];
    const last = this.#line;
    this.#line = last - others.length;
    this.#attempt(() => void this.#dialect.readSample(first));
    for (const text of others) {
      this.#line += 1;
      this.#next(text, true);
    }
    // The last of them may be open again.
    this.#line = last;
  }

  #readLine(text: string, isUtf8: boolean): void {
    this.#attempt(() => {
      try {
        this.#read(text.endsWith('\r') ? this.#withoutReturn(text) : text, isUtf8);
      } catch (error) {
        if (!(error instanceof OpenValueError) || this.#dialect.isOpenMetrics || !isUtf8) throw error;
        this.#open = [text];
      }
    });
  }

  #read(line: string, isUtf8: boolean): void {
    if (this.#hasEnded) throw new LineError('it is after # EOF', 'write # EOF once, as the last line');
    const { isOpenMetrics } = this.#dialect;
    const isSample = isOpenMetrics ? !/^(#|$)/.test(line) : !/^[ \t]*(#|$|\0)/.test(line);
    if (isSample) {
      if (!isUtf8) throw encodingError();
      const sample = this.#dialect.readSample(line);
      for (const fault of sample.faults) this.#fault(fault);
      this.#families.sample(sample, this.#line);
    } else if (isOpenMetrics && line === end) this.#hasEnded = true;
    else if (!isOpenMetrics && nulEnd.test(line)) this.#nul(line, isUtf8);
    else if (!this.#metadata(line, isUtf8) && isOpenMetrics) {
      const remedy = 'OpenMetrics has only # HELP, # TYPE, # UNIT and # EOF: leave the line out';
      throw new LineError('neither metadata nor a sample', remedy);
    }
  }

  /** Prometheus reads no further; promtool does, and refuses a NUL that is not within a comment. */
  #nul(line: string, isUtf8: boolean): void {
    const problem = 'a NUL: Prometheus takes it for the end, and loses what is behind it without an error';
    this.#once('nul', problem, 'leave it out', /^[ \t]*#/.test(line) ? [] : ['promtool']);
    this.#isUnseen = true;
    this.#metadata(line, isUtf8);
  }

  /** Returns false for a line that is no metadata. */
  #metadata(line: string, isUtf8: boolean): boolean {
    if (!line.includes('#')) return false;
    const metadata = this.#dialect.readMetadata(line);
    if (metadata === undefined) return false;
    // promtool reads any bytes in a help text.
    if (!isUtf8) throw encodingError(metadata.keyword === 'HELP' ? bothPrometheus : undefined);
    for (const fault of metadata.faults) this.#fault(fault);
    this.#families.metadata(metadata, this.#line);
    return true;
  }

  /** A comment, or a help text, may end so. */
  #withoutReturn(text: string): string {
    const line = text.slice(0, -1);
    const { isOpenMetrics, readers } = this.#dialect;
    const [, gap, keyword, name, after] = /^[ \t]*#([ \t]*)(HELP|TYPE)[ \t]+(\S*)([ \t]*)/.exec(line) ?? [];
    const isHelp = keyword === 'HELP' && name !== '';
    const isComment = !isOpenMetrics && /^[ \t]*#/.test(line) && keyword === undefined;
    if (isComment || (isHelp && after !== '')) return line;
    // Prometheus reads a help text without a blank before it, and takes what has no blank behind # for a comment.
    const isForPromtool = !isOpenMetrics && (isHelp || gap === '');
    const refusedBy = isForPromtool ? (['promtool'] as const) : readers;
    this.#once('carriage_return', 'lines end with \\r\\n', 'end them with \\n', refusedBy);
    return line;
  }

  #attempt(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      this.#fault(error);
    }
  }

  #fault(fault: LineFault, line = this.#line): void {
    const { rule = 'malformed_line', message, remedy, refusedBy } = fault;
    if (rule === 'quoted_name' && (this.#dialect.allowsQuotedNames || this.#wasSaid(rule, refusedBy))) return;
    this.#report(rule, message, remedy, refusedBy, `line ${line}`, line, fault instanceof LineError);
  }

  /** Reports what is true of the whole, at the first line where it is seen. */
  #once(rule: string, problem: string, remedy: string, refusedBy: readonly Reader[] = this.#dialect.readers): void {
    if (!this.#wasSaid(rule, refusedBy)) this.#report(rule, problem, remedy, refusedBy, `line ${this.#line}`);
  }

  /** Once is once for each set of readers. */
  #wasSaid(rule: string, refusedBy: readonly Reader[] = this.#dialect.readers): boolean {
    const key = `${rule} ${refusedBy.join()}`;
    const wasSaid = this.#said.has(key);
    this.#said.add(key);
    return wasSaid;
  }

  #report(
    rule: string,
    problem: string,
    remedy: string,
    readers: readonly Reader[],
    subject: string,
    line = this.#line,
    isLost = false,
  ): void {
    const refusedBy = readers.filter(
      (reader) => this.#dialect.readers.includes(reader) && (reader === 'promtool' || !this.#isUnseen),
    );
    const more = { ...(refusedBy.length > 0 && { refusedBy }), ...(isLost && { isLost }) };
    this.#sink.problem({ severity: 'error', rule, subject, line, problem, remedy, ...more });
  }
}

function encodingError(refusedBy?: readonly Reader[]): LineError {
  return new LineError('it is not UTF-8', 'encode the exposition as UTF-8', refusedBy);
}
