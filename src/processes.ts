import { openBooks } from './books.ts';
import type { FamilyWatcher } from './core/user/series-watcher.ts';
import type { ProcessesOptions } from './options.ts';
import type { Faults } from './rpc/faults.ts';
import type { CallWatcher } from './rpc/methods/method.ts';
import type { MetricsEndpoint } from './serve/endpoint.ts';
import type { ExposeOptions } from './serve/expose-options.ts';
import { type SharedParts, type SharedPartsInput, shareParts } from './shared-parts.ts';
import { exposeOfSeveral } from './takeover.ts';

/*
 * What a process needs that is one of several: it is loaded late (`late-processes.ts`), so that a process alone loads nothing of it.
 */

/** This process as one of several. */
export interface OneOfSeveral {
  /** Is told of calls. */
  readonly calls: CallWatcher;
  /** Is told of the user's metrics. */
  readonly families: FamilyWatcher;
  /** Connects the parts of this process to its book, and returns those of all processes. */
  readonly share: (input: SharedPartsInput) => SharedParts;
  /** Opens an endpoint that answers for all processes. */
  readonly expose: (open: () => Promise<MetricsEndpoint>, options?: ExposeOptions) => Promise<MetricsEndpoint>;
  /** Ends the book. Its numbers stay in the sum. */
  readonly close: () => void;
}

/**
 * Makes this process one of several. Returns undefined where there cannot be a book, which is warned of: the process then has its
 * own metrics alone.
 */
export function joinProcesses(options: ProcessesOptions, faults: Faults): OneOfSeveral | undefined {
  const books = openBooks(options, faults);
  if (books === undefined) return undefined;
  return {
    calls: books.calls,
    families: books.families,
    share: (input) => shareParts(books, input),
    expose: (open, exposeOptions) => exposeOfSeveral(open, exposeOptions, books.ledger),
    close: () => books.ledger.close(),
  };
}
