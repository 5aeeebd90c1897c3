import { existsSync } from 'node:fs';
import { Book, type BookOptions } from './book.ts';
import { bytesIn } from './folder.ts';
import { bootMilliseconds } from './identity.ts';
import type { Writer } from './layout.ts';
import { Lifeline } from './lifeline.ts';
import { bookEnding } from './shelf.ts';
import type { Source } from './source.ts';

/** How a book is opened. */
export interface OpeningBook extends Pick<BookOptions, 'folded'> {
  readonly folder: string;
  /** Where it is later: a folder in which a generation is begun gets another name. */
  readonly current: () => string;
  /** Most bytes of all files of the folder. */
  readonly maxBytes: number;
  readonly writer: Writer;
  /** The book before. */
  readonly last: OwnBook | undefined;
  /** Warns of what is no fault. */
  readonly noted: (message: string) => void;
}

/** The book of this process, and the socket beside it. */
export class OwnBook {
  readonly book: Book;
  readonly #lifeline: Lifeline | undefined;

  private constructor(book: Book, lifeline: Lifeline | undefined) {
    this.book = book;
    this.#lifeline = lifeline;
  }

  /**
   * Opens a socket, and then a book with all that the sources have: whoever finds the book can connect. Where no socket is possible, that is
   * warned of. Throws what `fs` throws.
   */
  static open(sources: readonly Source[], { last, ...opening }: OpeningBook): OwnBook {
    const known = last === undefined ? undefined : last.#lifeline;
    const lifeline = known?.isFor(opening.writer.name) === true ? known.share() : openLifeline(opening);
    try {
      return new OwnBook(writeBook(sources, opening), lifeline);
    } catch (error) {
      lifeline?.close();
      throw error;
    }
  }

  /** Whether others find book and socket in this folder. */
  isIn(folder: string): boolean {
    return this.book.isThere && this.#lifeline?.isIn(folder) !== false;
  }

  /** Makes those that watch this process look again. */
  release(): void {
    this.#lifeline?.release();
  }

  /** The process counts as dead from now on. */
  closeLifeline(): void {
    this.#lifeline?.close();
  }

  close(): void {
    this.book.close();
    this.closeLifeline();
  }
}

function openLifeline({ folder, writer, noted }: Omit<OpeningBook, 'last'>): Lifeline | undefined {
  try {
    return new Lifeline(folder, writer.name);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    noted(`processes: others cannot see the end of this process at once: ${problem}`);
    return undefined;
  }
}

function writeBook(
  sources: readonly Source[],
  { folder, current, maxBytes, writer, folded }: Omit<OpeningBook, 'last'>,
): Book {
  const allow = (bytes: number) => bytesIn(existsSync(folder) ? folder : current()) + bytes <= maxBytes;
  const book = new Book(folder, writer, { allow, folded });
  book.beat(bootMilliseconds());
  const goBack = sources.map((source) => source.restart());
  try {
    for (const source of sources) source.sweep(book);
    book.publish(`${writer.name}${bookEnding}`);
    return book;
  } catch (error) {
    for (const undo of goBack) undo();
    book.discard();
    throw error;
  }
}
