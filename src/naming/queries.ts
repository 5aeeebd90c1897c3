import { unknownMethod } from '../rpc/server-store.ts';
import { serverFaults } from '../rpc/status.ts';
import { type CallShape, methodLabelNames, sumOf } from './call-shape.ts';
import type { ChosenVocabulary } from './choice.ts';
import { type RuntimeNames, runtimeNames } from './own/runtime.ts';
import { errorTypeLabel } from './vocabularies/basic-side.ts';

/** PromQL by what it shows: `server.rate`, `client.p95`. */
export type Queries = Readonly<Record<string, string>>;

/** The range of every rate, such as `5m`. By default as long as in the recording rules. */
const recorded = '5m';

/**
 * The queries that show each chart in Prometheus, in the first of the chosen vocabularies that has the families for it.
 *
 * A chart that none of them can show has no query. `isScraped` returns whether scrapes have a family. Sums are by method,
 * over all instances. An idle method has no ratio and no quantile.
 */
export function callQueries(
  chosen: readonly ChosenVocabulary[],
  isScraped: (name: string) => boolean,
  range: string = recorded,
): Queries {
  const queries: Record<string, string> = {};
  for (const one of chosen) {
    for (const side of ['server', 'client'] as const) {
      for (const [chart, query] of Object.entries(sideQueries(one.vocabulary[side].shape, one, isScraped, range))) {
        if (query !== undefined) queries[`${side}.${chart}`] ??= query;
      }
    }
  }
  return queries;
}

/** The same for the process. `isScraped` returns whether scrapes have a family. */
export function runtimeQueries(
  isScraped: (name: string) => boolean,
  names: RuntimeNames = runtimeNames,
  range: string = recorded,
): Queries {
  const { cpu, loopDelayP99, residentMemory, heapUsed, garbageCollection } = names;
  const memory = [residentMemory, heapUsed].filter(isScraped);
  const queries: [chart: string, isAsked: boolean, query: string][] = [
    ['lag', isScraped(loopDelayP99), `max by (job, instance) (${loopDelayP99})`],
    ['busy', isScraped(cpu), `sum by (job, instance) (rate(${cpu}[${range}]))`],
    ['memory', memory.length > 0, `sum by (job, instance, __name__) ({__name__=~"${memory.join('|')}"})`],
    [
      'gc',
      isScraped(garbageCollection),
      `sum by (job, instance, kind) (rate(${sumOf(garbageCollection).sample}[${range}]))`,
    ],
  ];
  return Object.fromEntries(
    queries.filter(([, isAsked]) => isAsked).map(([chart, , query]) => [`runtime.${chart}`, query]),
  );
}

function sideQueries(
  shape: CallShape,
  { namespace }: Pick<ChosenVocabulary, 'namespace'>,
  isScraped: (name: string) => boolean,
  range: string,
): Record<string, string | undefined> {
  const { side, status, requests, errors, durations, streams, received, sent, connections, retries, channels } = shape;
  const prefix = namespace === undefined ? '' : `${namespace}_`;
  /** The query of these names under the namespace; undefined where a family is absent or not exposed. */
  const ask = (
    families: readonly (string | undefined)[],
    query: (...names: string[]) => string,
  ): string | undefined => {
    const known = families.filter((family) => family !== undefined);
    if (known.length < families.length || !known.every((family) => isScraped(prefix + family))) return undefined;
    return query(...known.map((family) => prefix + family));
  };
  const method = methodLabelNames(shape);
  const sum = (vector: string, by: readonly string[] = method) => `sum by (${by.join(', ')}) (${vector})`;
  const rate = (selector: string) => `rate(${selector}[${range}])`;
  const ofRequests = (query: (sample: string) => string) =>
    ask([requests.family], () => query(prefix + requests.sample));
  const quantile = (share: number) =>
    ask([durations], (name) => {
      const buckets = sum(rate(`${name}_bucket`), [...method, 'le']);
      return `histogram_quantile(${share}, ${buckets}) >= 0`;
    });
  return {
    rate: ofRequests((sample) => sum(rate(sample))),
    status: ofRequests((sample) => sum(rate(`${sample}{${status.label}!="${status.codes[0]}"}`), [status.label])),
    faults: ofRequests((sample) => {
      const codes = serverFaults.map((code) => status.codes[code]).join('|');
      // As in the recording rules: a call of a method that the server lacks is its caller's error.
      const served = side === 'server' ? [`${method.at(-1)}!="${unknownMethod}"`] : [];
      const selector = (...matchers: string[]) => (matchers.length > 0 ? `${sample}{${matchers.join(', ')}}` : sample);
      const faults = sum(rate(selector(...served, `${status.label}=~"${codes}"`)));
      return `${faults} / (${sum(rate(selector(...served)))} > 0)`;
    }),
    exceptions: ask([errors], (name) => sum(rate(name), [...method, errorTypeLabel])),
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    inFlight:
      shape.inFlight === undefined
        ? ask([shape.started, requests.family], (started) => `${sum(started)} - ${sum(prefix + requests.sample)}`)
        : ask([shape.inFlight], (name) => sum(name)),
    streams: ask([streams], (name) => sum(name)),
    messages: ask([received, sent], (receivedName, sentName) => {
      const way = (name: string, direction: string) =>
        `label_replace(${sum(rate(name))}, "direction", "${direction}", "", "")`;
      return `${way(receivedName, 'received')} or ${way(sentName, 'sent')}`;
    }),
    connections: ask([connections], (name) => sum(name, ['job', 'instance'])),
    retries: ask([retries?.family], () => sum(rate(prefix + retries!.sample))),
    channels: ask([channels?.family], (name) => sum(name, [channels!.targetLabel, channels!.stateLabel])),
  };
}
