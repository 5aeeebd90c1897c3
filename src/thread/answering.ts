import { familiesByProcess } from '../by-process.ts';
import { ConstantLabels } from '../core/constant-labels.ts';
import { MetricsError } from '../core/errors.ts';
import { occupiedNames } from '../core/names.ts';
import type { LiveFamily, MetricFamily } from '../core/snapshot.ts';
import { SecurityStats } from '../http/security-stats.ts';
import type { LiveSource } from '../live/live.ts';
import { type LiveParts, liveSource } from '../live-source.ts';
import { mainThread as mainThreadMetrics } from '../naming/own/main-thread.ts';
import { processUsage } from '../naming/own/process.ts';
import { allVocabularies } from '../naming/vocabularies/all.ts';
import { type ShownRuntime, shownFamilies } from '../own-runtime.ts';
import { Neighbours } from '../processes/neighbours.ts';
import { isBookOf, stateOfService } from '../processes/service-life.ts';
import { isLate, type KnownProcess, lifeReader } from '../processes/shelf.ts';
import type { Stage } from '../rpc/faults.ts';
import { offerAll } from '../scrape/negotiate.ts';
import { ScrapeStats } from '../scrape/scrape-stats.ts';
import { type EndpointSource, expose, type MetricsEndpoint } from '../serve/endpoint.ts';
import { Shared, type SharedInput } from '../shared.ts';
import { shownProcesses } from '../shown-processes.ts';
import { countsOf } from './counts.ts';
import { MainThread } from './main-thread.ts';
import { Peer, type Port, plainError } from './peer.ts';
import type { MainQuestions, ReadFamilies, ReadQuestion, ThreadQuestions } from './questions.ts';
import { RelayedFaults } from './relayed-faults.ts';
import { readChoice, readShape, type Setup } from './setup.ts';

/** How often the main thread hears of what has happened here, in milliseconds. */
const reportEvery = 1000;

/** The thread has no book. */
const noBook = '';

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
  #neighbours: Neighbours;
  /** Of the last scrape. */
  #read: readonly MetricFamily[] = [];
  #endpoint: MetricsEndpoint | undefined;
  #reports: NodeJS.Timeout | undefined;

  constructor(port: Port, setup: Setup) {
    this.#setup = setup;
    this.#peer = new Peer<ThreadQuestions, MainQuestions>(port, {
      moved: (folder) => this.#move(folder),
      lastScrape: (timeoutSeconds) => this.#endpoint?.lastScrape({ timeoutSeconds }) ?? false,
      close: () => this.#close(),
    });
    this.#main = new MainThread(this.#peer, setup, () => this.#report());
    this.#neighbours = this.#open(setup.folder);
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
    this.#neighbours.close();
  }

  #move(folder: string): void {
    const before = this.#neighbours;
    this.#neighbours = this.#open(folder);
    before.close();
  }

  #open(folder: string): Neighbours {
    const failed = (error: unknown) => this.#faults.count('scrape', error, 'processes');
    return new Neighbours(folder, { lifeOf: lifeReader(), failed });
  }

  #report(): void {
    this.#peer.tell('report', { counts: countsOf(this.#scrapes, this.#security), ...this.#faults.take() });
  }

  #source(): EndpointSource {
    const { chosen, server, client, constantLabels, createdSamples, hasRuntime, kinds, page } = this.#setup;
    const isAlone = kinds !== undefined;
    const constant = new ConstantLabels(constantLabels);
    const input: SharedInput = {
      shelf: () => this.#neighbours.shelf,
      chosen: chosen.flatMap((choice) => readChoice(allVocabularies, choice)),
      vocabularies: allVocabularies,
      server: readShape(server),
      client: readShape(client),
      hasRuntime,
      faults: this.#faults,
      isAlone,
      more: [mainThreadMetrics(() => this.#main.blockedSeconds)],
    };
    const shared = new Shared(input);
    const ownerOf = (sample: string) => shared.ownerOf(sample) ?? this.#ownerOfRead(sample);
    const collect: EndpointSource['collect'] = async ({ names, naming, by, inOpenMetrics }) => {
      const { included, gauges } = await this.#ask({ names, without: [], inOpenMetrics });
      this.#neighbours.look(noBook);
      const sums = shared.live(shared.calls.readerOf(naming, ownerOf), byName(gauges));
      const families = by.length === 0 ? sums : familiesByProcess(input, { naming, ownerOf, sums });
      return [...included, ...constant.addTo(families)];
    };
    return {
      vocabularies: allVocabularies.map(({ name }) => name),
      hasProcesses: !isAlone,
      beforeListening: () => this.#peer.ask('begin'),
      collect,
      failed: (error) => this.#faults.count('scrape', error),
      offer: offerAll(createdSamples),
      stats: this.#scrapes,
      security: this.#security,
      note: (message) => this.#faults.note(message),
      serversState: async () => {
        await this.#main.write();
        try {
          this.#neighbours.look(noBook);
        } catch (error) {
          this.#faults.count('scrape', error);
        }
        return stateOfService(this.#neighbours.shelf.processes, (one) => this.#isAtWork(one));
      },
      blockedSeconds: () => this.#main.blockedSeconds,
      ...(page !== undefined && { live: this.#live(shared) }),
    };
  }

  /** A process that is not this one is known to be blocked when it has not written for some seconds. */
  #isAtWork(one: KnownProcess): boolean {
    if (isBookOf(this.#setup.own, one.file.writer.name)) return this.#main.blockedSeconds === 0;
    return !isLate(one);
  }

  #live(shared: Shared): LiveSource {
    const { service, chosen, kinds } = this.#setup;
    let runtime: readonly LiveFamily[] | undefined;
    let reading: Promise<ReadFamilies | undefined> | undefined;
    const without = shownFamilies.map(({ name }) => name);
    const own: ShownRuntime = {
      families: shownFamilies,
      // CPU time and memory are those of all threads.
      collect: () => [...(runtime ?? processUsage())],
      start: () => () => {},
      watch: () => () => {},
    };
    const source = liveSource({
      registry: {
        live: (...how) => shared.live(...how),
        ownerOf: (sample) => shared.ownerOf(sample),
        read: async () => byName((await reading)?.gauges ?? []),
      },
      included: {
        ownerOf: (sample) => this.#ownerOfRead(sample),
        read: async () => [...((await reading)?.included ?? [])],
      },
      calls: shared.calls,
      chosen: chosen.flatMap((choice) => readChoice(allVocabularies, choice)),
      runtime: [shared.runtime],
      service,
      failed: (error) => this.#faults.count('scrape', error),
      ...(kinds === undefined ? this.#shownAsOne(own) : { shown: own }),
    });
    return {
      ...source,
      collect: async (isLookedAt) => {
        runtime = (await this.#main.write({ isLookedAt }))?.runtime;
        reading = isLookedAt ? this.#main.read({ names: [], without, inOpenMetrics: false }) : undefined;
        this.#neighbours.look(noBook);
        return source.collect(isLookedAt);
      },
    };
  }

  /** Several processes, of which this one is one. */
  #shownAsOne(own: ShownRuntime): Pick<LiveParts, 'shown' | 'serviceStart'> {
    return {
      shown: shownProcesses(() => this.#neighbours.shelf, own),
      serviceStart: () => {
        this.#neighbours.look(noBook);
        return this.#neighbours.shelf.retired.file.writer.created;
      },
    };
  }

  /** Lets the main thread write and read for a scrape. What it does not do in time is missing, and counted. */
  async #ask(question: ReadQuestion): Promise<ReadFamilies> {
    const isKnown = this.#main.isMissed;
    // First: what goes wrong is in what is written then.
    let read = await this.#main.read(question);
    await this.#main.write();
    if (!isKnown && this.#main.isMissed) read = await this.#main.read(question);
    const { hasIncluded, hasGauges } = this.#main.kinds;
    const count = (stage: Stage, missing: string) =>
      this.#faults.count(stage, `the main thread is blocked: a scrape has ${missing}`, 'main thread');
    if (this.#main.blockedSeconds > 0) count('scrape', 'its numbers as they were when it was last at work');
    if (read === undefined && hasIncluded) count('include', 'no included registries');
    if (read === undefined && hasGauges) count('metric', 'no gauges with a function');
    if (read !== undefined) this.#read = [...read.included, ...read.gauges];
    return read ?? { included: [], gauges: [] };
  }

  /** The metric that only the main thread can read and that uses this sample name. */
  #ownerOfRead(sample: string): string | undefined {
    return this.#read.find(({ name, type }) => occupiedNames(name, type).includes(sample))?.name;
  }
}

function byName(families: readonly MetricFamily[]): ReadonlyMap<string, MetricFamily> {
  return new Map(families.map((family) => [family.name, family]));
}
