import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { copyFamily } from '../core/copy-family.ts';
import { endsWithin } from '../core/ends-within.ts';
import { MetricsError } from '../core/errors.ts';
import { startThread } from '../core/start-thread.ts';
import type { SecurityStats } from '../http/security-stats.ts';
import type { ShownRuntime } from '../own-runtime.ts';
import type { Ledger } from '../processes/ledger.ts';
import type { Faults } from '../rpc/faults.ts';
import type { ScrapeStats } from '../scrape/scrape-stats.ts';
import type { MetricsEndpoint } from '../serve/endpoint.ts';
import type { ExposeOptions } from '../serve/expose-options.ts';
import { type LastScrapeOptions, secondsToWait } from '../serve/last-scrape.ts';
import { Beat } from './beat.ts';
import { ThreadCounts } from './counts.ts';
import { readThreadCode } from './endpoint-thread-code.ts';
import { Peer } from './peer.ts';
import type {
  MainQuestions,
  PageQuestion,
  ReadFamilies,
  ReadKinds,
  ReadQuestion,
  Refused,
  Report,
  ThreadQuestions,
  Written,
} from './questions.ts';
import type { ServiceSetup, Setup } from './setup.ts';

/** What the thread of an endpoint gets from its process. */
export interface ThreadInput {
  readonly setup: () => ServiceSetup;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly stats: ScrapeStats;
  readonly security: SecurityStats;
  /** What only the main thread can read; nothing by default. */
  readonly reads?: MainReads;
  /** Observes the process for one live page. */
  readonly shown: () => ShownRuntime;
}

/** Reads what only the main thread can read. */
export interface MainReads {
  readonly kinds: () => ReadKinds;
  readonly read: (question: ReadQuestion) => Promise<ReadFamilies>;
}

const nothingToRead: MainReads = {
  kinds: () => ({ hasIncluded: false, hasGauges: false }),
  read: async () => ({ included: [], gauges: [] }),
};

/** Thrown where there can be no thread, or where it ends before it answers. */
export class NoThread extends Error {}

/** How long the thread may need to close, in seconds: scrapes under way get one. */
const closePatience = 3;

/**
 * Opens an endpoint in a thread of its own. It does not keep the process alive. Rejects as `expose` does, and with `NoThread`.
 *
 * `lost` is called if the thread ends by itself. The endpoint then answers nothing any more. With `begin` the thread waits for that promise before it listens, and does
 * not keep the process alive until then.
 */
export async function exposeInThread(
  input: ThreadInput,
  options: ExposeOptions,
  lost: () => void,
  begin?: Promise<void>,
): Promise<MetricsEndpoint> {
  const texts = await readTexts(options);
  const thread = new EndpointThread(input, options, texts, { lost, begin });
  return thread.open();
}

/** What the thread does not have in its own code. */
type Texts = Pick<Setup, 'page' | 'passwordThread'>;

/** Loaded here: an endpoint without them never pays for them. */
async function readTexts({ page = true, users, webConfig }: ExposeOptions): Promise<Texts> {
  const { readPage } = page ? await import('../live/page-file.ts') : {};
  const hasUsers = users !== undefined || webConfig !== undefined;
  const passwords = hasUsers ? await import('../http/users/password-thread-code.ts') : undefined;
  return { page: readPage?.(), passwordThread: passwords?.readThreadCode() };
}

/** What a thread waits for, and who waits for it. */
interface ThreadWaits {
  /** Called when it has ended by itself. */
  readonly lost: () => void;
  /** When it listens; at once without it. */
  readonly begin: Promise<void> | undefined;
}

/** The thread of an endpoint, as the main thread sees it. */
class EndpointThread {
  readonly #input: ThreadInput;
  readonly #lost: () => void;
  readonly #begin: Promise<void> | undefined;
  readonly #beat = new Beat();
  readonly #reads: MainReads;
  readonly #counts: ThreadCounts;
  readonly #runtime: PageRuntime;
  readonly #worker: Worker;
  readonly #peer: Peer<MainQuestions, ThreadQuestions>;
  readonly #exit: Promise<unknown>;
  readonly #stopMoves: () => void;
  #settle: { opened(endpoint: { url: string; port: number }): void; refused(error: Error): void } | undefined;
  #isOver = false;

  /** Throws `NoThread`. */
  constructor(input: ThreadInput, options: ExposeOptions, texts: Texts, { lost, begin }: ThreadWaits) {
    this.#input = input;
    this.#lost = lost;
    this.#begin = begin;
    this.#reads = input.reads ?? nothingToRead;
    this.#counts = new ThreadCounts(input.stats, input.security);
    this.#runtime = new PageRuntime(input.shown);
    this.#worker = this.#start({
      ...input.setup(),
      ...texts,
      options,
      beat: this.#beat.memory,
      kinds: input.reads?.kinds(),
    });
    this.#exit = once(this.#worker, 'exit');
    this.#peer = new Peer<MainQuestions, ThreadQuestions>(this.#worker, {
      begin: async () => {
        await this.#begin;
        this.#worker.ref();
      },
      opened: (endpoint) => this.#settle?.opened(endpoint),
      refused: (refused) => this.#settle?.refused(errorOf(refused)),
      report: (report) => this.#hear(report),
      write: (page) => this.#write(page),
      read: (question) => this.#reads.read(question),
    });
    this.#stopMoves = input.ledger.onMove(() => this.#peer.tell('moved', input.ledger.folder));
    let error: unknown;
    this.#worker.once('error', (thrown) => (error = thrown));
    this.#worker.once('exit', () => this.#end(error));
  }

  /** Rejects as `expose` does. */
  async open(): Promise<MetricsEndpoint> {
    if (this.#begin === undefined) this.#worker.ref();
    try {
      const { url, port } = await new Promise<{ url: string; port: number }>((opened, refused) => {
        this.#settle = { opened, refused };
      });
      return { url, port, lastScrape: (options) => this.#lastScrape(options), close: () => this.#close() };
    } catch (error) {
      await this.#stop();
      throw error;
    } finally {
      this.#settle = undefined;
      this.#worker.unref();
    }
  }

  #start(setup: Setup): Worker {
    try {
      return startThread(readThreadCode(), 'endpoint', { workerData: setup });
    } catch (cause) {
      this.#beat.close();
      throw new NoThread(`there can be no thread: ${(cause as Error).message}`, { cause });
    }
  }

  async #lastScrape(options: LastScrapeOptions = {}): Promise<boolean> {
    const seconds = secondsToWait(options);
    this.#worker.ref();
    try {
      return await this.#peer.ask('lastScrape', seconds);
    } catch {
      return false; // the thread has ended
    } finally {
      this.#worker.unref();
    }
  }

  async #close(): Promise<void> {
    if (this.#isOver) return;
    this.#worker.ref();
    await endsWithin(
      this.#peer.ask('close').catch(() => {}),
      closePatience,
    );
    await this.#stop();
  }

  async #stop(): Promise<void> {
    this.#release();
    await this.#worker.terminate();
    await this.#exit;
  }

  /** The thread has ended. */
  #end(error: unknown): void {
    const problem = error ?? new Error('it has ended');
    const wasOver = this.#isOver;
    this.#release();
    this.#peer.end(problem);
    const settle = this.#settle;
    if (settle !== undefined) settle.refused(new NoThread('the thread has ended', { cause: problem }));
    if (wasOver || settle !== undefined) return;
    this.#input.faults.count('scrape', problem, 'the thread of the endpoint');
    this.#lost();
  }

  /** Nothing of the thread runs here any more. */
  #release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#beat.close();
    this.#stopMoves();
    this.#counts.end();
    this.#runtime.close();
  }

  #hear({ counts, faults, notes }: Report): void {
    if (this.#isOver) return;
    this.#counts.update(counts);
    for (const { stage, cause, subject, times } of faults) {
      for (let time = 0; time < times; time += 1) this.#input.faults.count(stage, cause, subject);
    }
    for (const note of notes) this.#input.faults.note(note);
  }

  #write(page: PageQuestion | undefined): Written {
    const { ledger, faults } = this.#input;
    faults.guard('scrape', () => ledger.writeAll());
    const runtime = page === undefined ? [] : this.#runtime.read(page);
    return { runtime, kinds: this.#reads.kinds() };
  }
}

/** The process as the live page of the thread shows it. */
class PageRuntime {
  readonly #make: () => ShownRuntime;
  #shown: ShownRuntime | undefined;
  #stop: () => void = () => {};
  #unwatch: (() => void) | undefined;

  constructor(make: () => ShownRuntime) {
    this.#make = make;
  }

  read({ isLookedAt }: PageQuestion): Written['runtime'] {
    if (this.#shown === undefined) {
      this.#shown = this.#make();
      this.#stop = this.#shown.start();
    }
    if (isLookedAt) this.#unwatch ??= this.#shown.watch();
    else this.#endWatch();
    return this.#shown.collect().map(copyFamily);
  }

  close(): void {
    this.#endWatch();
    this.#stop();
  }

  #endWatch(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }
}

function errorOf({ code, error }: Refused): Error {
  return code === undefined ? error : new MetricsError(code, error.message, { cause: error });
}
