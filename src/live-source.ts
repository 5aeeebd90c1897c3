import type { IncludedRegistries } from './bridge/prom-client/include.ts';
import type { Collector, Registry } from './core/registry.ts';
import type { Labels, LiveFamily } from './core/snapshot.ts';
import type { GaugeFamilies } from './core/user/gauge-reader.ts';
import type { ShownFamily } from './live/flatten.ts';
import type { LiveSource } from './live/live.ts';
import { type CallLabels, type Role, windowPlaceholder } from './live/protocol.ts';
import type { CallCollector } from './naming/call-collector.ts';
import type { CallShape } from './naming/call-shape.ts';
import type { ChosenVocabulary } from './naming/choice.ts';
import { blockedName } from './naming/own/main-thread.ts';
import { processIdentity } from './naming/own/process.ts';
import { type RuntimeNames, runtimeNames } from './naming/own/runtime.ts';
import { callQueries, runtimeQueries } from './naming/queries.ts';
import { statusFamilies } from './naming/status-family.ts';
import { basic } from './naming/vocabularies/basic.ts';
import { clientSide, errorTypeLabel, serverSide } from './naming/vocabularies/basic-side.ts';
import { OwnRuntime, type ShownRuntime } from './own-runtime.ts';
import { unknownMethod } from './rpc/server-store.ts';

/** What the live page is put together from. */
export interface LiveParts {
  readonly registry: Pick<Registry, 'live' | 'read' | 'ownerOf'>;
  readonly included: Pick<IncludedRegistries, 'read' | 'ownerOf'>;
  readonly calls: CallCollector;
  readonly chosen: readonly ChosenVocabulary[];
  /** Collectors of the process in the registry: the page has its own, with a reading for each moment. */
  readonly runtime: readonly Collector[];
  /** Of the service's info. */
  readonly service: Labels;
  readonly failed: (error: unknown) => void;
  /** The process as the page shows it; the calling one by default. */
  readonly shown?: ShownRuntime;
  /** Where several processes are one service: when it began, in seconds since 1970. */
  readonly serviceStart?: () => number;
}

/**
 * What the live page shows: calls as `basic` names them, whatever is scraped; the user's own metrics; the process, also where
 * scrapes are without it; and, while somebody looks, included registries. Looking changes nothing that a scrape sees.
 */
export function liveSource({
  registry,
  included,
  calls,
  chosen,
  runtime,
  service,
  failed,
  shown = new OwnRuntime(),
  serviceStart,
}: LiveParts): LiveSource {
  const isScraped = (name: string) => registry.ownerOf(name) !== undefined || included.ownerOf(name) !== undefined;
  const namespace = chosen.find(({ vocabulary }) => vocabulary === basic)?.namespace;
  const ofCalls = new Set(calls.families.map(({ name }) => name));
  // Scrapes may call the calls otherwise, so that a metric of the user's can have the plain name.
  const shownName = (name: string) => (isScraped(name) && !ofCalls.has(name) ? `${name} (calls)` : name);
  const scrapedName = (name: string) => {
    const scraped = namespace === undefined ? name : `${namespace}_${name}`;
    return ofCalls.has(scraped) ? scraped : '';
  };
  const ownNames = shown.families.map(({ name }) => name);
  const read = (collector: Collector): Iterable<LiveFamily> => {
    if (collector === calls)
      return withRoles(calls.collectPlain(basic)).map((family) => ({ ...family, name: shownName(family.name) }));
    return runtime.includes(collector) ? [] : withRoles(collector.collect());
  };
  return {
    hasBegun: serviceStart !== undefined,
    hello: () => ({
      ...runOf(serviceStart),
      service,
      labels,
      statuses: statusFamilies,
      unknownMethod,
      queries: {
        ...callQueries(chosen, isScraped, windowPlaceholder),
        ...runtimeQueries(isScraped, runtimeNames, windowPlaceholder),
      },
      scraped: {
        ...otherNames(calls.collectPlain(basic), shownName, scrapedName),
        ...otherNames(shown.families, String, (name) => (isScraped(name) ? name : '')),
      },
    }),
    // Of two families of one name the page shows the first. So an included registry is not asked for what the page has
    // itself: prom-client's event loop lag begins anew with each reading.
    collect: (isLookedAt) => {
      const own = (gauges?: GaugeFamilies): ShownFamily[] => [
        ...registry.live(read, gauges),
        ...withRoles(shown.collect()),
      ];
      // The user's functions are called for viewers only.
      if (!isLookedAt) return own();
      const foreign = included.read([], { without: ownNames });
      return Promise.all([foreign, registry.read()]).then(([families, gauges]) => [...own(gauges), ...families]);
    },
    start: () => shown.start(),
    watch: () => shown.watch(),
    failed,
  };
}

/** The labels of `basic`: both sides have the same. */
const labels: CallLabels = {
  method: serverSide.shape.method.label,
  status: serverSide.shape.status.label,
  errorType: errorTypeLabel,
  state: clientSide.shape.channels.stateLabel,
};

/** The roles of the library's families, by name. */
const roles: ReadonlyMap<string, Role> = new Map([
  ...callRoles(basic.server.shape),
  ...callRoles(basic.client.shape),
  // A record has the keys of its type.
  [blockedName, 'runtime.blocked'],
  ...Object.entries(runtimeNames).map(([role, name]) => [name, `runtime.${role as keyof RuntimeNames}`] as const),
]);

function callRoles(shape: CallShape): (readonly [name: string, role: Role])[] {
  const { side, requests, errors, durations, inFlight, streams, received, sent } = shape;
  const names: [name: string | undefined, role: Role][] = [
    [requests.family, `${side}.requests`],
    [errors, `${side}.errors`],
    [durations, `${side}.durations`],
    [inFlight, `${side}.inFlight`],
    [streams, `${side}.streams`],
    [received, `${side}.received`],
    [sent, `${side}.sent`],
    [shape.connections, `${side}.connections`],
    [shape.retries?.family, `${side}.retries`],
    [shape.channels?.family, `${side}.channels`],
  ];
  return names.flatMap(([name, role]) => (name === undefined ? [] : [[name, role] as const]));
}

/** The next of several processes that answers is of the same run. */
function runOf(serviceStart: LiveParts['serviceStart']): Pick<ReturnType<LiveSource['hello']>, 'run' | 'process'> {
  const process = processIdentity();
  if (serviceStart === undefined) return { process };
  const startedAt = serviceStart();
  return { run: String(startedAt), process: { ...process, startedAt } };
}

/** Gives families of the library their roles, where they have none. */
function withRoles(families: Iterable<ShownFamily>): ShownFamily[] {
  return Array.from(families, (family) => ({ ...family, role: family.role ?? roles.get(family.name) ?? 'library' }));
}

/** What families are called in scrapes by what they are called here, where it is something else; empty where they are in none. */
function otherNames(
  families: Iterable<{ readonly name: string }>,
  shownName: (name: string) => string,
  scrapedName: (name: string) => string,
): Record<string, string> {
  const names = Array.from(families, ({ name }) => [shownName(name), scrapedName(name)] as const);
  return Object.fromEntries(names.filter(([shown, scraped]) => shown !== scraped));
}
