import { isMainThread } from 'node:worker_threads';
import type { Books } from './books.ts';
import type { IncludedRegistries } from './bridge/prom-client/include.ts';
import { familiesByProcess } from './by-process.ts';
import type { ConstantLabels } from './core/constant-labels.ts';
import type { Collector, Registry } from './core/registry.ts';
import { readIncluded } from './included-families.ts';
import type { LiveParts } from './live-source.ts';
import type { ChosenVocabulary } from './naming/choice.ts';
import { nodeLag } from './naming/own/node.ts';
import { isProcessName, processEssentials } from './naming/own/process.ts';
import { scrapeNames } from './naming/own/scrape.ts';
import { leastOfSecurity } from './naming/own/security.ts';
import { leastOfServers } from './naming/own/servers.ts';
import type { Vocabulary } from './naming/vocabulary.ts';
import { OwnRuntime } from './own-runtime.ts';
import { OwnRows } from './processes/own-rows.ts';
import type { ClientStore } from './rpc/client-store.ts';
import type { Faults } from './rpc/faults.ts';
import type { ServerStore } from './rpc/server-store.ts';
import type { ScrapeSource } from './scrape/renderings.ts';
import { Shared, type SharedInput } from './shared.ts';
import { shownProcesses } from './shown-processes.ts';

/** The parts of a `GrpcMetrics` that books are written from, and what scrapes are made with. */
export interface SharedPartsInput {
  readonly registry: Registry;
  readonly included: IncludedRegistries;
  readonly stores: { readonly server: ServerStore; readonly client: ClientStore };
  /** What the library says of itself. */
  readonly library: readonly Collector[];
  /** What the process says of itself. */
  readonly runtime: readonly Collector[];
  readonly chosen: readonly ChosenVocabulary[];
  readonly vocabularies: readonly Vocabulary[];
  readonly constant: ConstantLabels;
  readonly faults: Faults;
}

/** What takes the place of the parts of one process in scrapes and on the live page. */
export interface SharedParts {
  readonly collect: ScrapeSource['collect'];
  readonly live: Pick<LiveParts, 'registry' | 'included' | 'calls' | 'runtime' | 'shown' | 'serviceStart'>;
  /** Ends what samples the process. */
  readonly stop: () => void;
}

/** Milliseconds between two samples of the event loop, where scrapes are without the process. */
const lagResolution = 50;

/** How gauges of the library that several processes have become one. */
const gaugeRules: ReadonlyMap<string, 'gauge' | 'min'> = new Map([
  [scrapeNames.inFlight, 'gauge'],
  ...[...leastOfServers, ...leastOfSecurity].map((name) => [name, 'min'] as const),
]);

/** Connects the parts of a process that is alone to its book. */
export function writeParts(books: Books, { registry, stores, library, runtime }: SharedPartsInput): void {
  const { ledger, calls, lifecycle } = books;
  calls.stores = stores;
  lifecycle.servers = stores.server.servers;
  ledger.add(new OwnRows({ library, process: runtime, rules: gaugeRules }));
  watchParts(books, registry, stores);
}

/** From now on the book has what changes. */
function watchParts(
  { calls, families }: Books,
  registry: Registry,
  { server, client }: SharedPartsInput['stores'],
): void {
  registry.watch(families);
  server.watch(calls);
  client.watch(calls);
}

/** Connects the parts of this process to its book, and returns those of all processes. */
export function shareParts(books: Books, input: SharedPartsInput): SharedParts {
  const { ledger, calls, families, lifecycle } = books;
  const { registry, included, stores, library, runtime, chosen, vocabularies, constant, faults } = input;
  calls.stores = stores;
  families.registry = registry;
  lifecycle.servers = stores.server.servers;
  books.included.source = () => readIncluded(included);
  watchParts(books, registry, stores);
  const lag = runtime.length > 0 ? undefined : nodeLag({ resolution: lagResolution });
  // CPU time, memory and descriptors are the process's: its main thread tells of them.
  const process = (lag === undefined ? runtime : [processEssentials(), lag]).filter(
    ({ families: own }) => isMainThread || !own.some(({ name }) => isProcessName(name)),
  );
  ledger.add(new OwnRows({ library, process, rules: gaugeRules }));
  const { server, client } = stores;
  const hasRuntime = runtime.length > 0;
  const shape: SharedInput = {
    shelf: () => ledger.shelf,
    chosen,
    vocabularies,
    server,
    client,
    hasRuntime,
    faults,
  };
  const shared = new Shared(shape);
  const ownerOf = (sample: string) => registry.ownerOf(sample) ?? included.ownerOf(sample);
  const live: Shared['live'] = (...reading) => {
    ledger.refresh();
    return shared.live(...reading);
  };
  return {
    collect: async ({ naming, by }) => {
      // First: a vocabulary that is asked for reads some of its numbers at once.
      ledger.refresh();
      const sums = shared.live(shared.calls.readerOf(naming, ownerOf));
      return constant.addTo(by.length === 0 ? sums : familiesByProcess(shape, { naming, ownerOf, sums }));
    },
    live: {
      registry: { live, ownerOf, read: async () => new Map() },
      included: { ownerOf: () => undefined, read: async () => [] },
      calls: shared.calls,
      runtime: [shared.runtime],
      shown: shownProcesses(() => ledger.shelf, new OwnRuntime()),
      serviceStart: () => {
        ledger.refresh();
        return ledger.shelf.retired.file.writer.created;
      },
    },
    stop: () => lag?.stop(),
  };
}
