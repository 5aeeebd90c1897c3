import type { Book } from './book.ts';
import type { SeriesLimits } from './series-limits.ts';

/** Numbers of the process that a book has. */
export interface Source {
  /** Another book was begun: everything is to be written again. Returns a function that goes back to the book before. */
  restart(): () => void;
  /** Writes what was marked since the last time. */
  write(book: Book): void;
  /** Writes everything that may have changed. */
  sweep(book: Book): void;
  /** Notes in the book which of its series have no room. */
  settle?(limits: SeriesLimits): void;
}
