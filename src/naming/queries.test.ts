import { expect, test } from 'vitest';
import { metricNames, syntaxErrors } from '../../test/support/deploy/promql.ts';
import { ClientStore } from '../rpc/client-store.ts';
import { Faults } from '../rpc/faults.ts';
import { ServerStore } from '../rpc/server-store.ts';
import { CallCollector } from './call-collector.ts';
import { chooseVocabularies, unionOfBounds, type VocabularyOptions } from './choice.ts';
import { runtimeNames } from './own/runtime.ts';
import { callQueries, runtimeQueries } from './queries.ts';
import type { VocabularyName } from './vocabularies/all.ts';

/** The queries of these vocabularies, where a scrape has their families and no others. */
function of(...naming: (VocabularyName | VocabularyOptions)[]) {
  const chosen = chooseVocabularies(naming);
  const faults = new Faults();
  const options = { buckets: unionOfBounds(chosen) };
  const stores = { server: new ServerStore(faults, options), client: new ClientStore(faults, options), faults };
  const names = new CallCollector(chosen, stores).families.map(({ name }) => name);
  return callQueries(chosen, (name) => names.includes(name));
}

const charts = ['status', 'rate', 'faults', 'p50', 'p95', 'p99'];
const all = [
  ...[...charts, 'exceptions', 'inFlight', 'streams', 'messages', 'connections'].map((chart) => `server.${chart}`),
  ...[...charts, 'exceptions', 'inFlight', 'streams', 'messages', 'retries', 'channels'].map(
    (chart) => `client.${chart}`,
  ),
];
const isNot = (...left: string[]) => all.filter((key) => !left.includes(key));
const onlyBasic = [
  'server.connections',
  'server.exceptions',
  'server.streams',
  'client.channels',
  'client.exceptions',
  'client.streams',
];
const noMessages = ['server.messages', 'client.messages'];
const able: [name: VocabularyName, keys: string[]][] = [
  ['basic', all],
  ['go', isNot(...onlyBasic, 'client.retries')],
  ['grpc', isNot(...onlyBasic, ...noMessages, 'client.inFlight')],
  ['otel', isNot(...onlyBasic, ...noMessages, 'server.inFlight', 'client.inFlight', 'client.retries')],
];
test.each(able)('%s can say', (name, keys) => {
  expect(Object.keys(of(name)).toSorted()).toEqual(keys.toSorted());
});

test.each(able)('%s speaks PromQL, of its own metrics under their namespace', (use) => {
  for (const query of Object.values(of({ use, namespace: 'shop' }))) {
    expect(syntaxErrors(query), query).toEqual([]);
    expect(metricNames(query).length, query).toBeGreaterThan(0);
    for (const name of metricNames(query)) expect(name).toMatch(/^shop_(grpc|rpc)_/);
  }
});

test('the first that was chosen and can say it does', () => {
  const queries = of('otel', 'go', 'grpc');
  // In the order of a scrape, whatever the order of choice.
  expect(metricNames(queries['server.rate']!)).toEqual(['grpc_server_handled_total']);
  expect(metricNames(queries['client.retries']!)).toEqual(['grpc_client_call_retries_sum']);
  expect(queries).not.toHaveProperty('server.connections');
});

test('what is not exposed is not asked for', () => {
  const queries = of({ use: 'basic', metrics: ['grpc_requests_total', 'grpc_messages_sent_total'] }, 'otel');
  expect(metricNames(queries['server.rate']!)).toEqual(['grpc_requests_total']);
  expect(metricNames(queries['server.p95']!)).toEqual(['rpc_server_call_duration_seconds_bucket']);
  expect(queries).not.toHaveProperty('server.messages');
});

test('histograms that are not exposed are not asked for', () => {
  const queries = of({ use: 'basic', histograms: false, without: ['grpc_open_streams'] });
  expect(metricNames(queries['server.rate']!)).toEqual(['grpc_requests_total']);
  for (const chart of ['server.p95', 'client.p50', 'server.streams']) expect(queries).not.toHaveProperty(chart);
  expect(queries).toHaveProperty('client.streams');
});

const forms: [key: string, naming: VocabularyName, query: string][] = [
  ['server.rate', 'basic', 'sum by (method) (rate(grpc_requests_total[5m]))'],
  [
    'client.faults',
    'go',
    'sum by (grpc_service, grpc_method) (rate(grpc_client_handled_total{' +
      'grpc_code=~"Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"}[5m])) / ' +
      '(sum by (grpc_service, grpc_method) (rate(grpc_client_handled_total[5m])) > 0)',
  ],
  [
    'server.faults',
    'basic',
    'sum by (method) (rate(grpc_requests_total{method!="unknown", ' +
      'status=~"UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS"}[5m])) / ' +
      '(sum by (method) (rate(grpc_requests_total{method!="unknown"}[5m])) > 0)',
  ],
  ['server.exceptions', 'basic', 'sum by (method, error_type) (rate(grpc_errors_total[5m]))'],
  [
    'server.p99',
    'otel',
    'histogram_quantile(0.99, sum by (rpc_method, le) (rate(rpc_server_call_duration_seconds_bucket[5m]))) >= 0',
  ],
  [
    'server.inFlight',
    'grpc',
    'sum by (grpc_method) (grpc_server_call_started_total) - sum by (grpc_method) (grpc_server_call_duration_seconds_count)',
  ],
  ['server.status', 'basic', 'sum by (status) (rate(grpc_requests_total{status!="OK"}[5m]))'],
  [
    'client.status',
    'otel',
    'sum by (rpc_status_code) (rate(rpc_client_call_duration_seconds_count{rpc_status_code!="OK"}[5m]))',
  ],
  ['client.channels', 'basic', 'sum by (target, state) (grpc_client_channels)'],
];
test.each(forms)('%s in %s', (key, naming, query) => {
  expect(of(naming)[key]).toBe(query);
});

test('the process is asked for where a scrape has it', () => {
  const names = {
    ...runtimeNames,
    cpu: 'cpu_seconds_total',
    loopDelayP99: 'lag_seconds',
    residentMemory: 'rss_bytes',
    heapUsed: 'heap_bytes',
    garbageCollection: 'gc_seconds',
  };
  const queries = runtimeQueries(() => true, names);
  expect(Object.keys(queries)).toEqual(['runtime.lag', 'runtime.busy', 'runtime.memory', 'runtime.gc']);
  for (const query of Object.values(queries)) expect(syntaxErrors(query)).toEqual([]);
  expect(queries['runtime.memory']).toContain('{__name__=~"rss_bytes|heap_bytes"}');
  expect(runtimeQueries((name) => name === 'rss_bytes', names)).toEqual({
    'runtime.memory': 'sum by (job, instance, __name__) ({__name__=~"rss_bytes"})',
  });
  expect(runtimeQueries(() => false, names)).toEqual({});
});
