import type { Exemplar, LiveFamily } from '../core/snapshot.ts';
import { partSize } from './encoding.ts';
import { type Dialect, type LineTaker, linesOf, writeHead } from './lines.ts';

/** Families without series are left out; native buckets have no place. */
export function* encodeLines(families: Iterable<LiveFamily>, dialect: Dialect): Generator<string, void> {
  const taker = new TextTaker(dialect);
  for (const family of families) {
    const write = linesOf(family, dialect);
    let hasHead = false;
    for (const series of family.series) {
      if (!hasHead) writeHead(dialect.head(family), taker);
      hasHead = true;
      write(series, taker);
      if (taker.part.length < partSize) continue;
      yield taker.part;
      taker.part = '';
    }
  }
  const last = taker.part + dialect.end;
  if (last !== '') yield last;
}

/** Puts all lines behind each other. */
class TextTaker implements LineTaker {
  part = '';
  readonly #exemplar: Dialect['exemplar'];

  constructor({ exemplar }: Dialect) {
    this.#exemplar = exemplar;
  }

  begin(): boolean {
    return true;
  }

  text(text: string): void {
    this.part += text;
  }

  value(value: number, format: (value: number) => string, exemplar: Exemplar | undefined): void {
    // Put together first, as a few characters are copied where longer texts are linked: what is linked costs memory.
    this.part += exemplar === undefined ? `${format(value)}\n` : `${format(value)}${this.#exemplar!(exemplar)}\n`;
  }
}
