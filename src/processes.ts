import { openBooks, openOwnBook } from './books.ts';
import type { ProcessesOptions } from './options.ts';
import { stateOfService } from './processes/service-life.ts';
import type { Faults } from './rpc/faults.ts';
import type { MetricsEndpoint } from './serve/endpoint.ts';
import type { ExposeOptions } from './serve/expose-options.ts';
import type { ServersState } from './serve/readiness.ts';
import { type SharedParts, type SharedPartsInput, shareParts, writeParts } from './shared-parts.ts';
import { exposeAlone, exposeOfSeveral, type Opening } from './takeover.ts';
import type { MainReads, ThreadInput } from './thread/endpoint-thread.ts';
import { type ThreadPartsInput, threadParts } from './thread-parts.ts';

/*
 * What a process needs that is one of several, or whose endpoint has a thread: it is loaded late (`late-processes.ts`), so that any other
 * process loads nothing of it.
 */

/** Opens an endpoint in this thread. */
type OpenHere = (options: ExposeOptions) => Promise<MetricsEndpoint>;

/** This process as one of several. */
export interface OneOfSeveral {
  /** Connects the parts of this process to its book, and returns those of all processes. */
  readonly share: (input: SharedPartsInput & ThreadPartsInput) => SharedParts;
  /** Opens an endpoint that answers for all processes: in a thread of its own, or with `here` in this one. */
  readonly expose: (here: OpenHere, options?: ExposeOptions) => Promise<MetricsEndpoint>;
  /** What the servers of all processes do. */
  readonly serversState: () => ServersState;
  /** Reads included registries, which answer later, into the book. Never rejects. */
  readonly readIncluded: () => Promise<void>;
  /** Says to the others that this process is about to end. */
  readonly noteEnding: () => void;
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
    share: (input) => {
      thread = threadParts(books.ledger, input);
      return shareParts(books, input);
    },
    expose: async (here, exposeOptions) => {
      const inThread = exposeOptions?.thread === false ? undefined : thread;
      const opening =
        inThread === undefined ? { open: here, prepare: () => undefined } : await openingIn(inThread, here);
      return exposeOfSeveral(opening, exposeOptions, books);
    },
    serversState: () => {
      books.ledger.refresh();
      return stateOfService(books.ledger.shelf.processes);
    },
    readIncluded: () => books.included.read(),
    noteEnding: () => {
      books.lifecycle.end();
      faults.guard('scrape', () => books.ledger.writeAll());
    },
    close: () => books.ledger.close(),
  };
}

/** A process alone, whose endpoint has a thread. */
export type Alone = Pick<OneOfSeveral, 'expose' | 'close'>;

/**
 * Lets a thread read the numbers of this process. Returns undefined where there cannot be a book, which is warned of: the main thread
 * then answers.
 */
export function openAlone(input: SharedPartsInput & ThreadPartsInput, reads: MainReads): Alone | undefined {
  const books = openOwnBook(input.faults);
  if (books === undefined) return undefined;
  writeParts(books, input);
  const thread = { ...threadParts(books.ledger, input), reads };
  return {
    expose: async (here, options = {}) => exposeAlone(await openingIn(thread, here), options, books),
    close: () => books.ledger.close(),
  };
}

/** Loaded here: a process without an endpoint pays for no thread. */
async function openingIn(thread: ThreadInput, here: OpenHere): Promise<Opening> {
  const { ThreadOpening } = await import('./thread/thread-opening.ts');
  return new ThreadOpening(thread, here);
}
