import { openBooks } from './books.ts';
import type { FamilyWatcher } from './core/user/series-watcher.ts';
import type { ProcessesOptions } from './options.ts';
import type { Faults } from './rpc/faults.ts';
import type { CallWatcher } from './rpc/methods/method.ts';
import type { MetricsEndpoint } from './serve/endpoint.ts';
import type { ExposeOptions } from './serve/expose-options.ts';
import { type SharedParts, type SharedPartsInput, shareParts } from './shared-parts.ts';
import { exposeOfSeveral, type OpenEndpoint } from './takeover.ts';
import type { ThreadInput } from './thread/endpoint-thread.ts';
import { type ThreadPartsInput, threadParts } from './thread-parts.ts';

/*
 * What a process needs that is one of several: it is loaded late (`late-processes.ts`), so that a process alone loads nothing of it.
 */

/** Opens an endpoint in this thread. */
type OpenHere = (options: ExposeOptions) => Promise<MetricsEndpoint>;

/** This process as one of several. */
export interface OneOfSeveral {
  /** Is told of calls. */
  readonly calls: CallWatcher;
  /** Is told of the user's metrics. */
  readonly families: FamilyWatcher;
  /** Connects the parts of this process to its book, and returns those of all processes. */
  readonly share: (input: SharedPartsInput & ThreadPartsInput) => SharedParts;
  /** Opens an endpoint that answers for all processes: in a thread of its own, or with `here` in this one. */
  readonly expose: (here: OpenHere, options?: ExposeOptions) => Promise<MetricsEndpoint>;
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
  let thread: ThreadInput | undefined;
  return {
    calls: books.calls,
    families: books.families,
    share: (input) => {
      thread = threadParts(books.ledger, input);
      return shareParts(books, input);
    },
    expose: async (here, exposeOptions) => {
      const open = thread === undefined || exposeOptions?.thread === false ? here : await openIn(thread, here);
      return exposeOfSeveral(open, exposeOptions, books.ledger);
    },
    close: () => books.ledger.close(),
  };
}

/** Loaded here: a process without an endpoint pays for no thread. */
async function openIn(thread: ThreadInput, here: OpenHere): Promise<OpenEndpoint> {
  const { ThreadOpening } = await import('./thread/thread-opening.ts');
  const opening = new ThreadOpening(thread, here);
  return (options, lost) => opening.open(options, lost);
}
