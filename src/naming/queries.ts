import type { CallNames } from './call-names.ts';
import { basicServerNames } from './vocabularies/basic.ts';
import { basicClientNames } from './vocabularies/basic-client.ts';
import { goNames } from './vocabularies/go.ts';
import { grpcNames } from './vocabularies/grpc.ts';
import { otelNames } from './vocabularies/otel.ts';
import type { ChosenVocabulary, VocabularyName } from './vocabulary.ts';

/** PromQL by what it shows: `server.rate`, `client.p95`. */
export type Queries = Readonly<Record<string, string>>;

/** The families of the runtime that have a chart. */
export interface RuntimeNames {
  /** Counter, in seconds. */
  readonly cpu: string;
  /** Gauge, in seconds. */
  readonly lag: string;
  /** Gauges, in bytes. */
  readonly memory: readonly string[];
  /** Histogram, in seconds, by kind. */
  readonly garbage: string;
}

/** How a vocabulary tells of the calls of one side; a query is made of what it has. */
interface Names {
  /** Of every series of calls. */
  readonly method: readonly string[];
  /** Ended calls, by status, which is OK where `status` says so. */
  readonly ended: { readonly family: string; readonly suffix: '' | '_count'; readonly status: string };
  readonly durations: string;
  readonly inFlight?: { readonly gauge: string } | { readonly started: string; readonly durations: string };
  readonly streams?: string;
  readonly messages?: { readonly received: string; readonly sent: string };
  readonly connections?: string;
  readonly retries?: { readonly family: string; readonly suffix: '' | '_sum' };
  readonly channels?: { readonly family: string; readonly by: readonly string[] };
}

/** As long as in the recording rules. */
const range = '5m';

/**
 * What shows each chart in Prometheus, in the first of the chosen vocabularies that can say it; a chart that none of them can
 * say has no query. Sums are by method, over all instances; an idle method has no ratio and no quantile.
 */
export function callQueries(chosen: readonly ChosenVocabulary[]): Queries {
  const queries: Record<string, string> = {};
  for (const vocabulary of chosen) {
    for (const side of ['server', 'client'] as const) {
      const names = namesOf[vocabulary.use][side];
      for (const [chart, query] of Object.entries(sideQueries(names, vocabulary))) {
        if (query !== undefined) queries[`${side}.${chart}`] ??= query;
      }
    }
  }
  return queries;
}

/** The same for the process. `isScraped` says whether a scrape has a family. */
export function runtimeQueries(
  { cpu, lag, memory, garbage }: RuntimeNames,
  isScraped: (name: string) => boolean,
): Queries {
  const scraped = memory.filter(isScraped);
  return {
    ...(isScraped(lag) && { 'runtime.lag': `max by (job, instance) (${lag})` }),
    ...(isScraped(cpu) && { 'runtime.busy': `sum by (job, instance) (rate(${cpu}[${range}]))` }),
    ...(scraped.length > 0 && {
      'runtime.memory': `sum by (job, instance, __name__) ({__name__=~"${scraped.join('|')}"})`,
    }),
    ...(isScraped(garbage) && { 'runtime.gc': `sum by (job, instance, kind) (rate(${garbage}_sum[${range}]))` }),
  };
}

function sideQueries(names: Names, { namespace, metrics }: ChosenVocabulary): Record<string, string | undefined> {
  const { method, ended, durations, inFlight, streams, messages, connections, retries, channels } = names;
  /** The query of these families under their full names; undefined where one of them is not exposed. */
  const of = (families: readonly string[] | undefined, query: (...full: string[]) => string): string | undefined => {
    if (families === undefined || families.some((name) => metrics?.includes(name) === false)) return undefined;
    return query(...families.map((name) => (namespace === undefined ? name : `${namespace}_${name}`)));
  };
  const sum = (vector: string, by: readonly string[] = method) => `sum by (${by.join(', ')}) (${vector})`;
  const rate = (selector: string) => `rate(${selector}[${range}])`;
  const quantile = (share: number) =>
    of([durations], (name) => {
      const buckets = sum(rate(`${name}_bucket`), [...method, 'le']);
      return `histogram_quantile(${share}, ${buckets}) >= 0`;
    });
  const { suffix, status } = ended;
  return {
    rate: of([ended.family], (name) => sum(rate(name + suffix))),
    status: of([ended.family], (name) => sum(rate(name + suffix), [status])),
    errors: of([ended.family], (name) => {
      const errors = sum(rate(`${name}${suffix}{${status}!="OK"}`));
      return `${errors} / (${sum(rate(name + suffix))} > 0)`;
    }),
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    inFlight:
      inFlight === undefined || 'gauge' in inFlight
        ? of(inFlight && [inFlight.gauge], (name) => sum(name))
        : of([inFlight.started, inFlight.durations], (started, done) => `${sum(started)} - ${sum(`${done}_count`)}`),
    streams: of(streams === undefined ? undefined : [streams], (name) => sum(name)),
    messages: of(messages && [messages.received, messages.sent], (received, sent) => {
      const way = (name: string, direction: string) =>
        `label_replace(${sum(rate(name))}, "direction", "${direction}", "", "")`;
      return `${way(received, 'received')} or ${way(sent, 'sent')}`;
    }),
    connections: of(connections === undefined ? undefined : [connections], (name) => sum(name, ['job', 'instance'])),
    retries: of(retries && [retries.family], (name) => sum(rate(name + retries!.suffix))),
    channels: of(channels && [channels.family], (name) => sum(name, channels!.by)),
  };
}

const namesOf: Readonly<Record<VocabularyName, Readonly<Record<'server' | 'client', Names>>>> = {
  basic: {
    server: { ...basic(basicServerNames), connections: basicServerNames.connections },
    client: {
      ...basic(basicClientNames),
      retries: { family: basicClientNames.retries, suffix: '' },
      channels: {
        family: basicClientNames.channels,
        by: [basicClientNames.targetLabel, basicClientNames.stateLabel],
      },
    },
  },
  go: { server: go('server'), client: go('client') },
  grpc: {
    server: grpc(grpcNames.server, grpcNames.started),
    client: {
      ...grpc(grpcNames.client),
      retries: { family: grpcNames.retries, suffix: '_sum' },
    },
  },
  otel: { server: otel(otelNames.server), client: otel(otelNames.client) },
};

function basic(names: CallNames): Names {
  const { requests, durations, inFlight, streams, received, sent, methodLabel, statusLabel } = names;
  return {
    method: [methodLabel],
    ended: { family: requests, suffix: '', status: statusLabel },
    durations,
    inFlight: { gauge: inFlight },
    streams,
    messages: { received, sent },
  };
}

function go(side: 'server' | 'client'): Names {
  const { started, handled, received, sent, handling } = goNames(side);
  return {
    method: ['grpc_service', 'grpc_method'],
    ended: { family: handled, suffix: '', status: 'grpc_code' },
    durations: handling,
    inFlight: { started: started, durations: handling },
    messages: { received: received, sent: sent },
  };
}

function grpc(durations: string, started?: string): Names {
  return {
    method: ['grpc_method'],
    ended: { family: durations, suffix: '_count', status: 'grpc_status' },
    durations,
    ...(started !== undefined && { inFlight: { started, durations } }),
  };
}

function otel(durations: string): Names {
  return {
    method: ['rpc_method'],
    ended: { family: durations, suffix: '_count', status: 'rpc_status_code' },
    durations,
  };
}
