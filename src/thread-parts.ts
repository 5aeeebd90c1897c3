import type { ConstantLabels } from './core/constant-labels.ts';
import type { Collector } from './core/registry.ts';
import type { Labels } from './core/snapshot.ts';
import type { SecurityStats } from './http/security-stats.ts';
import type { ChosenVocabulary } from './naming/choice.ts';
import { OwnRuntime } from './own-runtime.ts';
import type { Ledger } from './processes/ledger.ts';
import type { ClientStore } from './rpc/client-store.ts';
import type { Faults } from './rpc/faults.ts';
import type { ServerStore } from './rpc/server-store.ts';
import type { ScrapeStats } from './scrape/scrape-stats.ts';
import type { ThreadInput } from './thread/endpoint-thread.ts';
import { plainChoice, plainShape } from './thread/setup.ts';

/** The parts of a `GrpcMetrics` that the thread of an endpoint needs. */
export interface ThreadPartsInput {
  readonly stores: { readonly server: ServerStore; readonly client: ClientStore };
  readonly chosen: readonly ChosenVocabulary[];
  readonly constant: ConstantLabels;
  readonly createdSamples: boolean;
  /** What the process says of itself; nothing where scrapes are without it. */
  readonly runtime: readonly Collector[];
  readonly service: Labels;
  readonly faults: Faults;
  readonly stats: ScrapeStats;
  readonly security: SecurityStats;
}

/** Connects the parts of this process to the threads of its endpoints. */
export function threadParts(
  ledger: Ledger,
  { stores, chosen, constant, createdSamples, runtime, service, faults, stats, security }: ThreadPartsInput,
): ThreadInput {
  const { server, client } = stores;
  return {
    setup: () => ({
      folder: ledger.folder,
      own: ledger.own,
      chosen: chosen.map(plainChoice),
      server: plainShape(server),
      client: { ...plainShape(client), attempts: client.attempts },
      constantLabels: constant.labels({}),
      createdSamples,
      hasRuntime: runtime.length > 0,
      service,
      mainFile: process.argv[1],
    }),
    ledger,
    faults,
    stats,
    security,
    shown: () => new OwnRuntime(),
  };
}
