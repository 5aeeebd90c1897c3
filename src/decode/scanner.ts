import type { LineFault } from './line-error.ts';

const blanks = /[ \t]*/y;

/** A place in a line, and what was found wrong up to there although the line can be read. */
export class Scanner {
  readonly #line: string;
  #at = 0;
  /** Whether blanks may stand anywhere, and a comma at the end: so in the text format, not in OpenMetrics. */
  readonly isLenient: boolean;
  readonly faults: LineFault[] = [];

  constructor(line: string, isLenient: boolean) {
    this.#line = line;
    this.isLenient = isLenient;
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

  /** Up to the next blank. */
  takeToken(): string {
    const from = this.#at;
    let end = from;
    for (let code = this.#line.charCodeAt(end); end < this.#line.length && code !== 0x20 && code !== 0x09; ) {
      end += 1;
      code = this.#line.charCodeAt(end);
    }
    this.#at = end;
    return this.#line.slice(from, end);
  }

  /** Up to the next quote that no backslash is before. Not a pattern, of which V8's stack ends at some megabytes. */
  takeQuoted(): string {
    const from = this.#at;
    let end = this.#line.indexOf('"', from);
    if (end === -1) end = this.#line.length;
    if (this.#line.indexOf('\\', from) < end && this.#line.indexOf('\\', from) !== -1) {
      end = from;
      while (end < this.#line.length && this.#line[end] !== '"') end += this.#line[end] === '\\' ? 2 : 1;
    }
    const found = this.#line.slice(from, end);
    this.#at = Math.min(end, this.#line.length);
    return found;
  }

  /** Blanks, where they may stand. Returns whether there were any. */
  passBlanks(): boolean {
    // Where there is none, as most often, no pattern is asked.
    return this.isLenient && this.#line.charCodeAt(this.#at) <= 0x20 && this.take(blanks) !== '';
  }

  rest(): string {
    return this.#line.slice(this.#at);
  }
}
