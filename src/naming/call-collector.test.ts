import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { collected } from '../../test/support/collected.ts';
import { Exemplars } from '../core/exemplars.ts';
import type { NativeHistogramOptions } from '../core/native/native-histogram.ts';
import type { HistogramSeries, LiveFamily, MetricFamily } from '../core/snapshot.ts';
import type { CallStart } from '../rpc/call-start.ts';
import { ClientStore, type ClientStoreOptions } from '../rpc/client-store.ts';
import { Faults } from '../rpc/faults.ts';
import { SeriesBudget } from '../rpc/limits/budget.ts';
import { CallLabels } from '../rpc/limits/call-labels.ts';
import type { Choice } from '../rpc/limits/exclude.ts';
import type { Method } from '../rpc/methods/method.ts';
import type { GrpcMethodType } from '../rpc/methods/method-type.ts';
import { ServerStore, unknownMethod } from '../rpc/server-store.ts';
import { serverFaults, statusNames } from '../rpc/status.ts';
import type { CallStore } from '../rpc/store.ts';
import { CallCollector } from './call-collector.ts';
import { chooseVocabularies, unionOfBounds, type VocabularyOptions } from './choice.ts';
import { type VocabularyName, vocabularyNames } from './vocabularies/all.ts';
import { basic } from './vocabularies/basic.ts';
import { go, goCodes } from './vocabularies/go.ts';
import { grpc } from './vocabularies/grpc.ts';
import { otel } from './vocabularies/otel.ts';

type Naming = readonly (VocabularyName | VocabularyOptions)[];

/** Whose unknown methods can have any calls. */
class ServerStoreWithUnknown extends ServerStore {
  override method(path: string): Method | null {
    return path === unknownMethod ? this.constantMethod(path) : super.method(path);
  }
}

/** Both stores and their vocabularies, with a clock that is turned by hand. */
function setUp(naming: Naming, more: ClientStoreOptions = {}) {
  const chosen = chooseVocabularies(naming);
  const clock = { now: 0 };
  const faults = new Faults(() => {});
  const options = { buckets: unionOfBounds(chosen), exclude: [], clock: () => clock.now, wallClock: () => 5, ...more };
  const stores = {
    server: new ServerStoreWithUnknown(faults, options),
    client: new ClientStore(faults, { ...options, attempts: true }),
    faults,
  };
  const vocabularies = new CallCollector(chosen, stores);
  const run = (
    store: CallStore,
    path: string,
    code?: number,
    milliseconds = 0,
    { tenant, target }: { tenant?: string; target?: string } = {},
  ) => {
    const known = store.method(path)!;
    const unlabelled = target === undefined ? known : store.towards(known, target);
    const method = tenant === undefined ? unlabelled : store.labelled(unlabelled, { peer: tenant } as CallStart);
    method.started += 1;
    clock.now += milliseconds;
    if (code !== undefined) method.finish(code, milliseconds / 1000, undefined, store.exemplars?.trace());
    return method;
  };
  return { ...stores, vocabularies, run };
}

/** `{ 'name{labels, sorted}': value }`, with what a histogram's series has in one value, cumulative. */
function lines(families: Iterable<LiveFamily | MetricFamily>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { name, series } of families) {
    for (const one of series) {
      const key = lineOf(name, one.labels);
      if (key in found) throw new Error(`two series ${key}`);
      if ('quantiles' in one) throw new Error(`${name} is a summary`);
      found[key] = 'value' in one ? one.value : histogram(one);
    }
  }
  return found;
}

function lineOf(name: string, labels: object): string {
  return `${name}${JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))))}`;
}

function histogram({ bounds, buckets, sum }: HistogramSeries): Record<string, number> {
  let count = 0;
  const upTo = bounds.map((bound, index): [string, number] => {
    count += buckets[index]!;
    return [String(bound), count];
  });
  return { ...Object.fromEntries(upTo), '+Inf': count + buckets.at(-1)!, sum };
}

/** The same of a list of values, counted by hand. */
function naiveHistogram(bounds: readonly number[], values: readonly number[]): Record<string, number> {
  const upTo = bounds.map((bound) => [String(bound), values.filter((value) => value <= bound).length]);
  return { ...Object.fromEntries(upTo), '+Inf': values.length, sum: values.reduce((sum, value) => sum + value, 0) };
}

interface Recorded {
  readonly side: 'server' | 'client';
  readonly path: string;
  /** Undefined while the call is in flight. */
  readonly code: number | undefined;
  readonly seconds: number;
  readonly received: number;
  readonly sent: number;
  /** Of a client. */
  readonly retries: number;
  readonly tenant: string;
  /** Of a client. */
  readonly target: string;
}

const types: Readonly<Record<string, GrpcMethodType>> = {
  '/a.B/C': 'unary',
  '/a.B/D': 'bidi_stream',
  '/x/y/z': 'client_stream',
};

/** As gRPC and OpenTelemetry see them: some look the same. */
const targets: Readonly<Record<string, readonly [grpc: object, otel: object]>> = {
  'dns:a:1': [{ grpc_target: 'dns:///a:1' }, { server_address: 'a', server_port: '1' }],
  'dns:///a:1': [{ grpc_target: 'dns:///a:1' }, { server_address: 'a', server_port: '1' }],
  'dns://9.9.9.9/a:1': [{ grpc_target: 'dns://9.9.9.9/a:1' }, { server_address: 'a', server_port: '1' }],
  'unix:/a': [{ grpc_target: 'unix:///a' }, { server_address: '/a' }],
  other: [{ grpc_target: 'other' }, { server_address: 'other' }],
};

const sideAndPath = fc.oneof(
  fc.record({ side: fc.constant('server' as const), path: fc.constantFrom(...Object.keys(types), 'unknown', 'other') }),
  fc.record({ side: fc.constant('client' as const), path: fc.constantFrom(...Object.keys(types), 'other') }),
);
const howItWent = fc.record({
  code: fc.option(fc.integer({ min: 0, max: 16 }), { nil: undefined, freq: 8 }),
  // In 1024ths of a second, so that sums are exact in any order, and bounds, which are the values that matter.
  seconds: fc.oneof(
    fc.integer({ min: 0, max: 16384 }).map((ticks) => ticks / 1024),
    fc.constantFrom(0, 0.25, 0.5, 1, 5, 10, 50, 100),
  ),
  received: fc.nat({ max: 3 }),
  sent: fc.nat({ max: 3 }),
  retries: fc.nat({ max: 7 }),
  tenant: fc.constantFrom('', 'a', 'b', 'c', 'other', 'x'.repeat(200)),
  // Mostly two that look the same to both.
  target: fc.oneof(fc.constantFrom('dns:a:1', 'dns:///a:1'), fc.constantFrom(...Object.keys(targets))),
});
const recorded: fc.Arbitrary<Recorded> = fc.tuple(sideAndPath, howItWent).map(([what, how]) => ({ ...what, ...how }));

/** What of the calls is chosen, and which paths that leaves out. */
const choices: [choice: Choice, leavesOut: (path: string) => boolean][] = [
  [{ exclude: [] }, () => false],
  [{ exclude: ['a.B/C'] }, (path) => path === '/a.B/C'],
  [{ exclude: ['a.B'] }, (path) => path.startsWith('/a.B/')],
  [{ only: ['a.B'] }, (path) => !path.startsWith('/a.B/') && path !== 'unknown'],
  [{ only: ['a.B'], exclude: ['a.B/D'] }, (path) => path !== '/a.B/C' && path !== 'unknown'],
  [{ only: [] }, (path) => path !== 'unknown'],
];

/** Everything that decides into which series a call goes, but not how many there are. */
const anyOptions = fc.record({
  naming: fc.subarray([...vocabularyNames]).filter((names) => names.length > 0),
  choice: fc.constantFrom(...choices),
  hasLabels: fc.boolean(),
  byTarget: fc.boolean(),
  maxSeries: fc.constantFrom(undefined, undefined, undefined, 1, 3, 4, 8),
  details: fc.constantFrom(
    {},
    { messageSizes: [10], streamMessages: [1], streamDurations: basic.bounds, deadlines: [1] },
  ),
});

/** The labels that say how a call ended; all others depend on the options. */
const ofTheEnd = ['error_type', 'grpc_code', 'grpc_status', 'rpc_status_code', 'status'];

/** The sums of all lines of one family and one end, without those that are 0. */
function summed(found: Record<string, unknown>): Record<string, Record<string, number>> {
  const sums: Record<string, Record<string, number>> = {};
  for (const [line, value] of Object.entries(found)) {
    const brace = line.indexOf('{');
    const labels = Object.entries(JSON.parse(line.slice(brace)) as object).filter(([name]) => ofTheEnd.includes(name));
    const key = lineOf(line.slice(0, brace), Object.fromEntries(labels));
    const parts = typeof value === 'number' ? { value } : (value as Record<string, number>); // a histogram
    for (const [part, count] of Object.entries(parts)) {
      if (count !== 0) sums[key] = { ...sums[key], [part]: (sums[key]?.[part] ?? 0) + count };
    }
  }
  return sums;
}

/** What one side of a vocabulary says of the calls of one method, all with these labels more. */
type Naive = (
  calls: readonly Recorded[],
  path: string,
  side: Recorded['side'],
  more: object,
) => Record<string, unknown>;

const secondsOf = (calls: readonly Recorded[]) =>
  calls.filter(({ code }) => code !== undefined).map(({ seconds }) => seconds);
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

const naiveGo: Naive = (calls, path, side) => {
  if (side === 'server' && path === 'unknown') return {};
  const [service, method] = path.startsWith('/') ? [path.split('/')[1], path.split('/').slice(2).join('/')] : [];
  const labels = {
    grpc_service: service ?? 'unknown',
    grpc_method: method ?? path,
    grpc_type: types[path] ?? 'unknown',
  };
  const found: Record<string, unknown> = {
    [lineOf(`grpc_${side}_started_total`, labels)]: calls.length,
    [lineOf(`grpc_${side}_msg_received_total`, labels)]: total(calls.map(({ received }) => received)),
    [lineOf(`grpc_${side}_msg_sent_total`, labels)]: total(calls.map(({ sent }) => sent)),
    [lineOf(`grpc_${side}_handling_seconds`, labels)]: naiveHistogram(go.bounds, secondsOf(calls)),
  };
  for (const [code, name] of goCodes.entries()) {
    const ended = calls.filter((call) => call.code === code).length;
    if (side === 'server' || ended > 0)
      found[lineOf(`grpc_${side}_handled_total`, { ...labels, grpc_code: name })] = ended;
  }
  return found;
};

const naiveGrpc: Naive = (calls, path, side, target) => {
  const grpc_method = { unknown: 'other', other: 'overflow' }[path] ?? path.slice(1);
  const ofMethod = { grpc_method, ...target };
  const found: Record<string, unknown> = {};
  if (side === 'server') found[lineOf('grpc_server_call_started_total', ofMethod)] = calls.length;
  const retried = calls.map(({ retries }) => retries).filter((times) => times > 0);
  if (side === 'client' && retried.length > 0) {
    found[lineOf('grpc_client_call_retries', ofMethod)] = naiveHistogram([1, 2, 3, 4, 5], retried);
  }
  if (side === 'client') found[lineOf('grpc_client_attempt_started_total', ofMethod)] = calls.length;
  for (const [code, grpc_status] of statusNames.entries()) {
    const ended = calls.filter((call) => call.code === code);
    if (ended.length === 0) continue;
    const labels = { ...ofMethod, grpc_status };
    const durations = naiveHistogram(grpc.bounds, secondsOf(ended));
    found[lineOf(`grpc_${side}_call_duration_seconds`, labels)] = durations;
    if (side === 'client') found[lineOf('grpc_client_attempt_duration_seconds', labels)] = durations;
  }
  return found;
};

const naiveOtel: Naive = (calls, path, side, target) => {
  const found: Record<string, unknown> = {};
  for (const [code, name] of statusNames.entries()) {
    const ended = calls.filter((call) => call.code === code);
    const isError = side === 'server' ? serverFaults.includes(code) : code !== 0;
    const line = lineOf(`rpc_${side}_call_duration_seconds`, {
      rpc_system_name: 'grpc',
      rpc_method: path === 'unknown' ? '_OTHER' : path.replace('/', ''),
      rpc_status_code: name,
      ...(isError && { error_type: name }),
      ...target,
    });
    if (ended.length > 0) found[line] = naiveHistogram(otel.bounds, secondsOf(ended));
  }
  return found;
};

/** Its counters of calls; the rest of it is in `basic.test.ts`. */
const naiveBasic: Naive = (calls, path, side) => {
  const prefix = side === 'server' ? 'grpc' : 'grpc_client';
  const found: Record<string, unknown> = {
    [lineOf(`${prefix}_messages_received_total`, { method: path })]: total(calls.map(({ received }) => received)),
    [lineOf(`${prefix}_messages_sent_total`, { method: path })]: total(calls.map(({ sent }) => sent)),
    [lineOf(`${prefix}_requests_in_flight`, { method: path })]: calls.filter(({ code }) => code === undefined).length,
  };
  for (const [code, status] of statusNames.entries()) {
    const ended = calls.filter((call) => call.code === code).length;
    if (ended === 0) continue;
    found[lineOf(`${prefix}_requests_total`, { method: path, status })] = ended;
    if (code !== 0) found[lineOf(`${prefix}_errors_total`, { method: path, error_type: status })] = ended;
  }
  return found;
};
const countersOfCalls =
  /^grpc_(client_)?(requests_total|errors_total|messages_(received|sent)_total|requests_in_flight)$/;

const naive: [name: VocabularyName, naive: Naive][] = [
  ['basic', naiveBasic],
  ['go', naiveGo],
  ['grpc', naiveGrpc],
  ['otel', naiveOtel],
];
test.each(naive)(
  '%s: any list of calls is projected as it would be counted by hand, whatever the options',
  (name, naiveOf) => {
    fc.assert(
      fc.property(fc.array(recorded, { maxLength: 40 }), anyOptions, (all, options) => {
        const { choice, hasLabels, byTarget, maxSeries, details } = options;
        const [chosen, leavesOut] = choice;
        const labels = hasLabels
          ? new CallLabels({ region: 'eu', tenant: { from: ({ peer }) => peer, maxValues: 2 } }, new Faults(() => {}))
          : undefined;
        const { vocabularies, run, ...stores } = setUp(options.naming, {
          exclude: undefined,
          ...chosen,
          labels,
          budget: new SeriesBudget(maxSeries),
          details,
          byTarget,
          buckets: unionOfBounds(chooseVocabularies(vocabularyNames)),
        });
        const counted = all.filter(({ path }) => !leavesOut(path));
        for (const call of all) {
          if (leavesOut(call.path)) expect(stores[call.side].method(call.path)).toBeNull();
        }
        for (const { side, path, code, seconds, received, sent, retries, tenant, target } of counted) {
          stores[side].declare(path, types[path]);
          const method = run(stores[side], path, code, seconds * 1000, {
            ...(hasLabels && { tenant }),
            ...(byTarget && side === 'client' && { target }),
          });
          for (let count = 0; count < received; count += 1) method.received(5);
          for (let count = 0; count < sent; count += 1) method.sent(5);
          if (side === 'server') continue;
          method.retried(retries);
          method.attemptsStarted += 1;
          if (code !== undefined) method.attempted(code, seconds);
        }
        const expected: Record<string, unknown> = {};
        for (const side of ['server', 'client'] as const) {
          const ofSide = counted.filter((call) => call.side === side);
          for (const path of new Set(ofSide.map((call) => call.path))) {
            const calls = ofSide.filter((call) => call.path === path);
            const labelsOf = ({ target }: Recorded) =>
              side === 'server' || !byTarget ? {} : { grpc: targets[target]![0], otel: targets[target]![1] };
            const seenOf = (call: Recorded): object => (labelsOf(call) as Record<string, object>)[name] ?? {};
            for (const seen of new Set(calls.map((call) => JSON.stringify(seenOf(call))))) {
              const same = calls.filter((call) => JSON.stringify(seenOf(call)) === seen);
              Object.assign(expected, naiveOf(same, path, side, JSON.parse(seen) as object));
            }
          }
        }
        const families = asked(vocabularies, [name]);
        const found = lines(name === 'basic' ? families.filter((one) => countersOfCalls.test(one.name)) : families);
        expect(summed(found)).toEqual(summed(expected));
        // With every call in the series that it would have by itself, line by line.
        if (name !== 'basic' && !hasLabels && maxSeries === undefined) expect(found).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  },
);

/** The number of the call whose exemplar each bucket has. */
function exemplarsOf({ bounds, exemplars }: HistogramSeries): (string | undefined)[] {
  return Array.from({ length: bounds.length + 1 }, (_, index) => exemplars?.[index]?.labels.trace_id);
}

/** The last of the calls that are in each bucket. */
function naiveExemplars(bounds: readonly number[], seconds: readonly number[]): (string | undefined)[] {
  return [...bounds, Infinity].map((upper, index) => {
    const last = seconds.findLastIndex((each) => each <= upper && each > (bounds[index - 1] ?? -1));
    return last === -1 ? undefined : String(last);
  });
}

/** The families of a scrape that asks for these. */
function asked(vocabularies: CallCollector, names: readonly string[], taken: readonly string[] = []): LiveFamily[] {
  const read = vocabularies.readerOf(names, (sample) => (taken.includes(sample) ? `"${sample}"` : undefined));
  return [...read!(vocabularies)];
}

test('durations on any bounds that are among those recorded are exact, native buckets and exemplars too', () => {
  const bounds = fc
    .uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 })
    .map((list) => list.sort((a, b) => a - b));
  const native: NativeHistogramOptions = { factor: 1.5, maxBuckets: 20 };
  fc.assert(
    fc.property(
      bounds,
      bounds,
      fc.array(fc.integer({ min: 0, max: 14 })),
      fc.boolean(),
      (ours, gos, seconds, isOwn) => {
        const naming: Naming = [
          { use: 'basic', buckets: isOwn ? { 'a.B/C': ours, default: [99] } : ours },
          { use: 'go', buckets: gos },
        ];
        let traces = -1;
        const nextTrace = () => {
          traces += 1;
          return { trace_id: String(traces) };
        };
        const exemplars = new Exemplars(nextTrace, new Faults(() => {}), () => traces);
        const { vocabularies, server, run } = setUp(naming, { native, exemplars });
        for (const [index, each] of seconds.entries()) run(server, '/a.B/C', index % 3, each * 1000);
        server.declare('/a.B/C', 'unary');
        const [oursFound, gosFound] = ['grpc_request_duration_seconds', 'grpc_server_handling_seconds'].map((name) => {
          const family = collected(vocabularies).find((each) => each.name === name)!;
          return family.series[0] as HistogramSeries; // both are histograms
        });
        expect(histogram(oursFound!)).toEqual(naiveHistogram(ours, seconds));
        expect(histogram(gosFound!)).toEqual(naiveHistogram(gos, seconds));
        expect(exemplarsOf(oursFound!)).toEqual(naiveExemplars(ours, seconds));
        expect(exemplarsOf(gosFound!)).toEqual(naiveExemplars(gos, seconds));
        expect(gosFound!.native).toEqual(oursFound!.native);
        expect(total(gosFound!.native!.counts) + gosFound!.native!.zeroCount).toBe(seconds.length);
      },
    ),
  );
});

test('go with codes on its durations has one histogram for each code that occurred', () => {
  const { vocabularies, server, run } = setUp([{ use: 'go', buckets: [1], codeOnDurations: true }]);
  for (const [code, seconds] of [
    [0, 0.5],
    [5, 0.25],
    [5, 2],
  ] as const) {
    run(server, '/a.B/C', code, seconds * 1000);
  }
  const labels = { grpc_service: 'a.B', grpc_method: 'C', grpc_type: 'unknown' };
  const durations = collected(vocabularies).filter(({ name }) => name === 'grpc_server_handling_seconds');
  expect(lines(durations)).toEqual({
    [lineOf('grpc_server_handling_seconds', { ...labels, grpc_code: 'OK' })]: naiveHistogram([1], [0.5]),
    [lineOf('grpc_server_handling_seconds', { ...labels, grpc_code: 'NotFound' })]: naiveHistogram([1], [0.25, 2]),
  });
});
