import { familiesByProcess } from '../by-process.ts';
import { ConstantLabels } from '../core/constant-labels.ts';
import { MetricsError } from '../core/errors.ts';
import type { LiveFamily } from '../core/snapshot.ts';
import { SecurityStats } from '../http/security-stats.ts';
import type { LiveSource } from '../live/live.ts';
import { liveSource } from '../live-source.ts';
import { mainThread as mainThreadMetrics } from '../naming/own/main-thread.ts';
import { processUsage } from '../naming/own/process.ts';
import { allVocabularies } from '../naming/vocabularies/all.ts';
import { type ShownRuntime, shownFamilies } from '../own-runtime.ts';
import { Shelf } from '../processes/shelf.ts';
import { offerAll } from '../scrape/negotiate.ts';
import { ScrapeStats } from '../scrape/scrape-stats.ts';
import { type EndpointSource, expose, type MetricsEndpoint } from '../serve/endpoint.ts';
import type { ServersState } from '../serve/readiness.ts';
import { Shared, type SharedInput } from '../shared.ts';
import { shownProcesses } from '../shown-processes.ts';
import { countsOf } from './counts.ts';
import { MainThread } from './main-thread.ts';
import { Peer, type Port, plainError } from './peer.ts';
import type { MainQuestions, ThreadQuestions } from './questions.ts';
import { RelayedFaults } from './relayed-faults.ts';
import { readChoice, readShape, type Setup } from './setup.ts';

/** How often the main thread hears of what has happened here, in milliseconds. */
const reportEvery = 1000;

/** Opens the endpoint in the calling thread, and tells the main thread what came of it. Never rejects. */
export async function answerInThread(port: Port, setup: Setup): Promise<void> {
  if (setup.mainFile !== undefined) process.argv[1] = setup.mainFile;
  const thread = new AnsweringThread(port, setup);
  await thread.open();
}

/** The thread of an endpoint: reads the books by itself, and needs the main thread for nothing that it cannot do without. */
class AnsweringThread {
  readonly #setup: Setup;
  readonly #faults = new RelayedFaults();
  readonly #scrapes = new ScrapeStats();
  readonly #security = new SecurityStats();
  readonly #peer: Peer<ThreadQuestions, MainQuestions>;
  readonly #main: MainThread;
  #shelf: Shelf;
  #endpoint: MetricsEndpoint | undefined;
  #reports: NodeJS.Timeout | undefined;

  constructor(port: Port, setup: Setup) {
    this.#setup = setup;
    this.#peer = new Peer<ThreadQuestions, MainQuestions>(port, {
      moved: (folder) => this.#move(folder),
      lastScrape: (timeoutSeconds) => this.#endpoint?.lastScrape({ timeoutSeconds }) ?? false,
      close: () => this.#close(),
    });
    this.#main = new MainThread(this.#peer, setup.beat, () => this.#report());
    this.#shelf = this.#openShelf(setup.folder);
  }

  /** Never rejects. */
  async open(): Promise<void> {
    try {
      this.#endpoint = await expose(this.#source(), this.#setup.options);
      const { url, port } = this.#endpoint;
      this.#reports = setInterval(() => this.#main.isSilent || this.#report(), reportEvery);
      this.#peer.tell('opened', { url, port });
    } catch (error) {
      const code = error instanceof MetricsError ? error.code : undefined;
      this.#peer.tell('refused', { code, error: plainError(error) });
    }
  }

  async #close(): Promise<void> {
    clearInterval(this.#reports);
    await this.#endpoint?.close();
    this.#report();
    this.#shelf.close();
  }

  #move(folder: string): void {
    const before = this.#shelf;
    this.#shelf = this.#openShelf(folder);
    before.close();
  }

  #openShelf(folder: string): Shelf {
    return new Shelf(folder, { refused: (_name, error) => this.#faults.count('scrape', error, 'processes') });
  }

  #report(): void {
    this.#peer.tell('report', { counts: countsOf(this.#scrapes, this.#security), ...this.#faults.take() });
  }

  #source(): EndpointSource {
    const { chosen, server, client, constantLabels, createdSamples, hasRuntime, page } = this.#setup;
    const constant = new ConstantLabels(constantLabels);
    const input: SharedInput = {
      shelf: () => this.#shelf,
      chosen: chosen.flatMap((choice) => readChoice(allVocabularies, choice)),
      vocabularies: allVocabularies,
      server: readShape(server),
      client: readShape(client),
      hasRuntime,
      faults: this.#faults,
      more: [mainThreadMetrics(() => this.#main.blockedSeconds)],
    };
    const shared = new Shared(input);
    const ownerOf = (sample: string) => shared.ownerOf(sample);
    let state: ServersState = 'serving';
    const collect: EndpointSource['collect'] = async ({ naming, by }) => {
      const written = await this.#main.write();
      if (written === undefined) this.#missed();
      this.#shelf.refresh();
      const sums = shared.live(shared.calls.readerOf(naming, ownerOf));
      return constant.addTo(by.length === 0 ? sums : familiesByProcess(input, { naming, ownerOf, sums }));
    };
    return {
      vocabularies: allVocabularies.map(({ name }) => name),
      hasProcesses: true,
      collect,
      failed: (error) => this.#faults.count('scrape', error),
      offer: offerAll(createdSamples),
      stats: this.#scrapes,
      security: this.#security,
      note: (message) => this.#faults.note(message),
      serversState: async () => {
        state = (await this.#main.write())?.state ?? state;
        return state;
      },
      blockedSeconds: () => this.#main.blockedSeconds,
      ...(page !== undefined && { live: this.#live(shared) }),
    };
  }

  #live(shared: Shared): LiveSource {
    const { service, chosen } = this.#setup;
    let runtime: readonly LiveFamily[] | undefined;
    const alone: ShownRuntime = {
      families: shownFamilies,
      // CPU time and memory are those of all threads.
      collect: () => [...(runtime ?? processUsage())],
      start: () => () => {},
      watch: () => () => {},
    };
    const source = liveSource({
      registry: {
        live: (...reading) => shared.live(...reading),
        ownerOf: (sample) => shared.ownerOf(sample),
        read: async () => new Map(),
      },
      included: { ownerOf: () => undefined, read: async () => [] },
      calls: shared.calls,
      chosen: chosen.flatMap((choice) => readChoice(allVocabularies, choice)),
      runtime: [shared.runtime],
      service,
      failed: (error) => this.#faults.count('scrape', error),
      shown: shownProcesses(() => this.#shelf, alone),
      serviceStart: () => {
        this.#shelf.refresh();
        return this.#shelf.retired.file.writer.created;
      },
    });
    return {
      ...source,
      collect: async (isLookedAt) => {
        runtime = (await this.#main.write({ isLookedAt }))?.runtime;
        this.#shelf.refresh();
        return source.collect(isLookedAt);
      },
    };
  }

  /** A scrape has what the main thread wrote before: at the end of its last turn, or within its last second. */
  #missed(): void {
    if (this.#main.blockedSeconds === 0) return;
    const problem = 'the main thread is blocked: a scrape has its numbers as they were when it was last at work';
    this.#faults.count('scrape', problem, 'main thread');
  }
}
