import { checkKeyOnce, type DocumentEntry, DocumentError, type DocumentNode, deepest } from './document.ts';

/** Tokens of JSON, after what is between them. */
const token = /\s*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|([^\s{}[\],:"]+))/y;

/** Whether the text is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // without the error: its message has a part of the text
  }
}

/** Reads a text that is JSON, with the lines of its parts. Throws `DocumentError` for a key that is there twice. */
export function readJson(text: string): DocumentNode {
  return new JsonReader(text).value(0);
}

class JsonReader {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): DocumentNode {
    if (depth > deepest) throw new DocumentError('it is nested too deeply', this.#line);
    const next = this.#next();
    const line = this.#line;
    if (next === '{') return { kind: 'map', entries: this.#entries(depth), line };
    if (next === '[') return { kind: 'list', items: this.#items(depth), line };
    const isPlain = !next.startsWith('"');
    return { kind: 'scalar', text: isPlain ? next : (JSON.parse(next) as string), isPlain, line };
  }

  #entries(depth: number): DocumentEntry[] {
    const entries: DocumentEntry[] = [];
    while (!this.#ends('}')) {
      const key = JSON.parse(this.#next()) as string; // a key is a text
      const line = this.#line;
      this.#next(); // the colon
      checkKeyOnce(key, entries, line);
      entries.push({ key, value: this.value(depth + 1), line });
    }
    return entries;
  }

  #items(depth: number): DocumentNode[] {
    const items: DocumentNode[] = [];
    while (!this.#ends(']')) items.push(this.value(depth + 1));
    return items;
  }

  /** Whether this ends here, or after a comma what follows begins. */
  #ends(bracket: string): boolean {
    const before = { at: this.#at, line: this.#line };
    const next = this.#next();
    if (next === bracket) return true;
    if (next !== ',') [this.#at, this.#line] = [before.at, before.line];
    return false;
  }

  /** The text is JSON, so that there is one. */
  #next(): string {
    token.lastIndex = this.#at;
    const [all = '', punctuation, text, word] = token.exec(this.#text) ?? [];
    this.#at += all.length;
    this.#line += all.split('\n').length - 1;
    return punctuation ?? text ?? word ?? '';
  }
}
