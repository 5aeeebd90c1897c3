import { activeSpan } from './bridge/otel/active-span.ts';
import type { MetricProducer } from './bridge/otel/metric-data.ts';
import { metricProducer } from './bridge/otel/producer.ts';
import { IncludedRegistries } from './bridge/prom-client/include.ts';
import { TargetRegistries } from './bridge/prom-client/register-into.ts';
import { checkOptions } from './check-options.ts';
import type { ConstantLabels } from './core/constant-labels.ts';
import { MetricsError } from './core/errors.ts';
import { type ExemplarSource, Exemplars } from './core/exemplars.ts';
import { warnThrough } from './core/logger.ts';
import { checkNative } from './core/native/native-options.ts';
import { quoted } from './core/printable.ts';
import { Registry } from './core/registry.ts';
import type { LiveFamily, MetricFamily } from './core/snapshot.ts';
import { Endpoints } from './endpoints.ts';
import { SecurityStats } from './http/security-stats.ts';
import { loadProcesses } from './late-processes.ts';
import { liveSource } from './live-source.ts';
import { mainReads } from './main-reads.ts';
import { CallCollector } from './naming/call-collector.ts';
import { type ChosenVocabulary, chooseVocabularies, namesTargets, unionOfBounds } from './naming/choice.ts';
import { callLabels, constantLabels } from './naming/label-names.ts';
import { nodeMetrics } from './naming/own/node.ts';
import { processMetrics } from './naming/own/process.ts';
import { isRuntimeName } from './naming/own/runtime.ts';
import { scrape } from './naming/own/scrape.ts';
import { security } from './naming/own/security.ts';
import { self } from './naming/own/self.ts';
import { serverMetrics } from './naming/own/servers.ts';
import { service } from './naming/own/service.ts';
import { allVocabularies } from './naming/vocabularies/all.ts';
import { otelSchemaUrl } from './naming/vocabularies/otel.ts';
import type { Vocabulary } from './naming/vocabulary.ts';
import type { GrpcMetricsOptions } from './options.ts';
import { otelSource } from './otel-source.ts';
import { described } from './package-info.ts';
import { noteUse } from './processes/usage.ts';
import type { Alone, OneOfSeveral } from './processes.ts';
import { CallListeners } from './rpc/call-listeners.ts';
import { ClientStore } from './rpc/client-store.ts';
import { Faults } from './rpc/faults.ts';
import { SeriesBudget } from './rpc/limits/budget.ts';
import { chooseDetails } from './rpc/methods/details.ts';
import { ServerStore } from './rpc/server-store.ts';
import type { StoreOptions } from './rpc/store.ts';
import { scrapeFetch } from './scrape/fetch.ts';
import { type Offer, offerAll } from './scrape/negotiate.ts';
import type { ScrapeSource } from './scrape/renderings.ts';
import { ScrapeStats } from './scrape/scrape-stats.ts';
import { Shutdown } from './shutdown.ts';
import { version } from './version.ts';

/** The parts of a `GrpcMetrics`, put together. */
export interface Parts {
  readonly server: ServerStore;
  readonly client: ClientStore;
  readonly listeners: CallListeners;
  /** The user's metrics, and all of ours. */
  readonly registry: Registry;
  /** Registries that scrapes read along. */
  readonly included: IncludedRegistries;
  /** Reads registries that were just included, where several processes answer as one. */
  readonly includedLater: () => void;
  /** Registries that have all metrics of `registry`, too. */
  readonly targets: TargetRegistries;
  /** All metrics of `registry` at this moment, with the constant labels. */
  readonly collect: () => MetricFamily[];
  readonly source: ScrapeSource & { readonly offer: Offer };
  readonly fetch: (request: Request) => Promise<Response>;
  readonly endpoints: Endpoints;
  readonly shutdown: Shutdown;
  /** Reads calls and the user's metrics for OpenTelemetry. */
  readonly producer: MetricProducer;
  /** Ends endpoints, listeners, timers and observers. */
  readonly close: () => Promise<void>;
}

/**
 * Puts the parts together. `vocabularies` are those that `naming` and scrapes can ask for.
 * Throws `MetricsError` for options that cannot be right. Its only effect on anything else is a note that the process uses the library.
 */
export function assemble(options: GrpcMetricsOptions, vocabularies: readonly Vocabulary[] = allVocabularies): Parts {
  checkOptions(options);
  const faults = new Faults(warnThrough(options.logger));
  const chosen = chooseVocabularies(
    options.naming,
    options.buckets,
    Object.keys(options.callLabels ?? {}),
    vocabularies,
  );
  const traceLabels = traceLabelsOf(options.exemplars);
  const exemplars = traceLabels && new Exemplars(traceLabels, faults);
  const several = joinProcessesOf(options, faults);
  const registry = new Registry(faults, {
    native: checkNative('nativeHistograms', options.nativeHistograms),
    exemplars,
  });
  const labels = callLabels(options.callLabels, faults, vocabularies);
  const stores = storesOf(options, chosen, faults, { labels, exemplars });
  const constant = constantLabels(options.constantLabels, vocabularies);
  const bridges = bridgesOf(registry, constant, faults);
  const calls = new CallCollector(chosen, { ...stores, faults }, vocabularies);
  const failed = (error: unknown) => faults.count('scrape', error);
  const stats = new ScrapeStats();
  const securityStats = new SecurityStats();
  const info = service(described(options.service));
  const node = options.runtime === true ? nodeMetrics() : undefined;
  const runtime = node === undefined ? [] : [processMetrics(), node];
  const servers = serverMetrics(stores.server);
  const own = [servers, info, self(faults, stores), scrape(stats), security(securityStats)];
  for (const collector of [calls, ...own, ...runtime]) registry.add(collector);
  const createdSamples = options.createdSamples ?? false;
  const common = {
    registry,
    included: bridges.included,
    stores,
    chosen,
    vocabularies,
    constant,
    faults,
    createdSamples,
    stats,
    library: own,
    runtime,
  };
  const shareable = { ...common, service: info.labels, security: securityStats };
  const shared = several?.share(shareable);
  let alone: Alone | undefined;
  const parts = { registry, included: bridges.included, calls, chosen, runtime, service: info.labels, failed };
  const source = {
    vocabularies: vocabularies.map(({ name }) => name),
    hasProcesses: shared !== undefined,
    collect: shared?.collect ?? collectorOf(registry, bridges.included, calls, constant),
    failed,
    offer: offerAll(createdSamples),
    stats,
  };
  const note = (message: string) => faults.note(message);
  const endpoints = new Endpoints({
    source: () => ({
      ...source,
      live: liveSource({ ...parts, ...shared?.live }),
      serversState: several?.serversState ?? (() => stores.server.servers.state),
      security: securityStats,
      note,
    }),
    note,
    failed: (error) => faults.count('scrape', error, 'expose()'),
    several,
    alone: () => {
      alone ??= loadProcesses().openAlone(shareable, mainReads(registry, bridges.included, constant));
      return alone;
    },
  });
  const close = async () => {
    stores.listeners.close();
    node?.stop();
    shutdown.close();
    await endpoints.close();
    await several?.readIncluded();
    registry.giveUp();
    bridges.included.giveUp();
    several?.close();
    alone?.close();
    shared?.stop();
  };
  const shutdown = new Shutdown({
    servers: stores.server.servers,
    noteEnding: () => several?.noteEnding(),
    endpoints,
    close,
    note: (message) => faults.note(message),
    failed: (error, step) => faults.count('connection', error, step),
  });
  const producer = metricProducer({
    scope: { name: 'grpc-vitals', version, schemaUrl: otelSchemaUrl },
    read: otelSource({ registry, calls, constant }),
    failed: (error) => faults.count('scrape', error, 'producer()'),
  });
  noteUse();
  return {
    ...stores,
    ...bridges,
    registry,
    collect: () => constant.addToSnapshot(registry.collect()),
    source,
    fetch: scrapeFetch(source),
    includedLater: () => void several?.readIncluded(),
    endpoints,
    shutdown,
    producer,
    close,
  };
}

function joinProcessesOf({ processes = false }: GrpcMetricsOptions, faults: Faults): OneOfSeveral | undefined {
  return processes === false ? undefined : loadProcesses().joinProcesses(processes === true ? {} : processes, faults);
}

/** The stores of both sides, which share the budget of series, the user's labels and the listeners. */
function storesOf(
  options: GrpcMetricsOptions,
  chosen: readonly ChosenVocabulary[],
  faults: Faults,
  { labels, exemplars }: Pick<StoreOptions, 'labels' | 'exemplars'>,
): Pick<Parts, 'server' | 'client' | 'listeners'> {
  const { only, exclude, client = {} } = options;
  const details = chooseDetails(options.details);
  const listeners = new CallListeners(faults);
  const both = {
    buckets: unionOfBounds(chosen, details.streamDurations),
    native: checkNative('nativeHistograms', options.nativeHistograms),
    budget: new SeriesBudget(options.maxCallSeries),
    only,
    exclude,
    exemplars,
    labels,
    listeners,
    details,
  };
  return {
    listeners,
    server: new ServerStore(faults, both),
    client: new ClientStore(faults, { ...both, ...client, byTarget: namesTargets(chosen) }),
  };
}

/** Both directions to registries of prom-client: what one has in use, the other may not take. */
function bridgesOf(registry: Registry, constant: ConstantLabels, faults: Faults): Pick<Parts, 'included' | 'targets'> {
  const own = {
    families: () => registry.families(),
    collectAll: async () => constant.addToSnapshot(await registry.collectAll()),
  };
  const targets = new TargetRegistries(own, isRuntimeName);
  const included = new IncludedRegistries(faults, {
    ownerOf: (sample) => registry.ownerOf(sample),
    has: (metric) => targets.has(metric),
    isRuntime: isRuntimeName,
  });
  registry.join(targets);
  registry.join(included);
  return { targets, included };
}

/** Ours come last, so that they are as new as the scrape and count what went wrong with the others. */
function collectorOf(
  registry: Registry,
  included: IncludedRegistries,
  calls: CallCollector,
  constant: ConstantLabels,
): ScrapeSource['collect'] {
  const ownerOf = (sample: string) => registry.ownerOf(sample) ?? included.ownerOf(sample);
  return async ({ names, naming, inOpenMetrics }): Promise<LiveFamily[]> => {
    const read = calls.readerOf(naming, ownerOf);
    const reading = included.read(names, { labels: constant.labels({}), inOpenMetrics });
    const [foreign, gauges] = await Promise.all([reading, registry.read(names)]);
    return [...foreign, ...constant.addTo(registry.live(read, gauges))];
  };
}

function traceLabelsOf(choice: GrpcMetricsOptions['exemplars']): ExemplarSource | undefined {
  if (choice === undefined || choice === false) return undefined;
  if (choice === true) return activeSpan();
  if (typeof choice === 'function') return choice;
  throw new MetricsError('invalid_option', `exemplars must be true, false or a function, not ${quoted(choice)}`);
}
