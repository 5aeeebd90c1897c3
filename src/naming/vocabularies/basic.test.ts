import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { collected } from '../../../test/support/collected.ts';
import { Exemplars } from '../../core/exemplars.ts';
import type { NativeHistogramOptions } from '../../core/native/native-histogram.ts';
import type { MetricFamily, NativeBuckets } from '../../core/snapshot.ts';
import { Faults } from '../../rpc/faults.ts';
import { ServerStore } from '../../rpc/server-store.ts';
import { status, statusNames } from '../../rpc/status.ts';
import { basic } from './basic.ts';

const bounds = [0.25, 1];

/** When the methods came to be, in seconds since 1970. */
const created = 1_700_000_000.5;
const wallClock = () => created;

function store(native?: NativeHistogramOptions) {
  const clock = { now: 0 };
  const faults = new Faults(() => {});
  const calls = new ServerStore(faults, { buckets: bounds, exclude: [], clock: () => clock.now, wallClock, native });
  const run = (path: string, code?: number, errorType?: string, milliseconds = 0) => {
    const method = calls.method(path)!;
    method.started += 1;
    clock.now += milliseconds;
    if (code !== undefined) method.finish(code, milliseconds / 1000, errorType);
    return method;
  };
  return { calls, run };
}

/** `{ 'name{label="value"}': value }` of every line, with what a histogram's series has in one value. */
function lines(families: readonly MetricFamily[]): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { name, series } of families) {
    for (const one of series) {
      if ('quantiles' in one) throw new Error(`${name} is a summary`);
      const key = `${name}${JSON.stringify(one.labels)}`;
      if (key in found) throw new Error(`two series ${key}`);
      found[key] = 'value' in one ? one.value : { buckets: Array.from(one.buckets), sum: one.sum };
    }
  }
  return found;
}

/** The lines of one family, by the value of a label. */
function by(label: string, family: string, { calls }: { calls: ServerStore }): Record<string, number> {
  const { series } = collected(basic.server.project(calls)).find(({ name }) => name === family)!;
  return Object.fromEntries(series.map((one) => [one.labels[label], 'value' in one ? one.value : Number.NaN]));
}

test('without a method there are only the numbers of the server', () => {
  const { calls } = store();
  calls.connections = 3;
  calls.rejected.protocol = 2;
  expect(collected(basic.server.project(calls))).toEqual([
    { name: 'grpc_requests_total', type: 'counter', help: 'Total gRPC requests', series: [] },
    { name: 'grpc_request_duration_seconds', type: 'histogram', help: 'Request duration', series: [] },
    { name: 'grpc_errors_total', type: 'counter', help: 'Total gRPC errors', series: [] },
    { name: 'grpc_active_connections', type: 'gauge', help: 'Active connections', series: [{ labels: {}, value: 3 }] },
    { name: 'grpc_requests_in_flight', type: 'gauge', help: 'Requests in progress', series: [] },
    { name: 'grpc_messages_received_total', type: 'counter', help: 'Request messages received', series: [] },
    { name: 'grpc_messages_sent_total', type: 'counter', help: 'Response messages sent', series: [] },
    {
      name: 'grpc_messages_received_bytes_total',
      type: 'counter',
      help: 'Total bytes of request messages received, uncompressed',
      unit: 'bytes',
      series: [],
    },
    {
      name: 'grpc_messages_sent_bytes_total',
      type: 'counter',
      help: 'Total bytes of response messages sent, uncompressed',
      unit: 'bytes',
      series: [],
    },
    {
      name: 'grpc_time_to_first_message_seconds',
      type: 'histogram',
      help: 'Time to the first response message of a stream',
      series: [],
    },
    {
      name: 'grpc_open_streams',
      type: 'gauge',
      help: 'Open streams',
      series: [],
    },
    {
      name: 'grpc_oldest_stream_age_seconds',
      type: 'gauge',
      help: 'Age of the oldest open stream',
      unit: 'seconds',
      series: [],
    },
    {
      name: 'grpc_requests_abandoned_total',
      type: 'counter',
      help: 'Requests whose handler answered after the client had left or the deadline had passed',
      series: [],
    },
    {
      name: 'grpc_handler_rejections_total',
      type: 'counter',
      help: 'Async handlers that rejected',
      series: [],
    },
    {
      name: 'grpc_rejected_total',
      type: 'counter',
      help: 'Requests and connections rejected before they became an RPC',
      series: [
        { labels: { reason: 'content_type' }, value: 0 },
        { labels: { reason: 'protocol' }, value: 2 },
        { labels: { reason: 'tls_handshake' }, value: 0 },
      ],
    },
  ]);
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** OK and what counts as the server's fault. */
const expected = ['OK', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'];

test('a registered method has its series before its first call', () => {
  const { calls } = store();
  calls.method('/a.B/C');
  const method = '/a.B/C';
  const zeros: Record<string, unknown> = {
    'grpc_active_connections{}': 0,
    [`grpc_requests_in_flight{"method":"${method}"}`]: 0,
    [`grpc_messages_received_total{"method":"${method}"}`]: 0,
    [`grpc_messages_sent_total{"method":"${method}"}`]: 0,
    [`grpc_requests_abandoned_total{"method":"${method}"}`]: 0,
    [`grpc_handler_rejections_total{"method":"${method}"}`]: 0,
    [`grpc_request_duration_seconds{"method":"${method}"}`]: { buckets: [0, 0, 0], sum: 0 },
  };
  for (const name of expected) {
    zeros[`grpc_requests_total{"method":"${method}","status":"${name}"}`] = 0;
    if (name !== 'OK') zeros[`grpc_errors_total{"method":"${method}","error_type":"${name}"}`] = 0;
  }
  for (const reason of ['content_type', 'protocol', 'tls_handshake']) {
    zeros[`grpc_rejected_total{"reason":"${reason}"}`] = 0;
  }
  expect(lines(collected(basic.server.project(calls)))).toEqual(zeros);
});

const serverZeros = { UNKNOWN: 0, DEADLINE_EXCEEDED: 0, UNIMPLEMENTED: 0, INTERNAL: 0, UNAVAILABLE: 0, DATA_LOSS: 0 };
const errorCases: [name: string, calls: [code: number, errorType?: string][], errors: Record<string, number>][] = [
  ['no error', [[0], [0]], serverZeros],
  ['a status', [[13], [13]], { ...serverZeros, INTERNAL: 2 }],
  ["a status that is not the server's fault", [[5]], { ...serverZeros, NOT_FOUND: 1 }],
  ['a class in place of the status', [[2, 'TypeError']], { ...serverZeros, TypeError: 1 }],
  ['a class and the rest by status', [[2, 'TypeError'], [2], [2]], { ...serverZeros, TypeError: 1, UNKNOWN: 2 }],
  [
    'a class under two statuses',
    [
      [2, 'TypeError'],
      [4, 'TypeError'],
    ],
    { ...serverZeros, TypeError: 2 },
  ],
  ['a class under another status', [[1, 'AbortError']], { ...serverZeros, CANCELLED: 0, AbortError: 1 }],
  ['a class with the name of a status', [[2, 'INTERNAL'], [13]], { ...serverZeros, INTERNAL: 2 }],
  ['a code that gRPC does not define', [[42]], { ...serverZeros, UNKNOWN: 1 }],
];
test.each(errorCases)('grpc_errors_total: %s', (_name, given, errors) => {
  const under = store();
  for (const [code, errorType] of given) under.run('/a.B/C', code, errorType);
  expect(by('error_type', 'grpc_errors_total', under)).toEqual(errors);
});

test('durations of all statuses are one histogram', () => {
  const under = store();
  under.run('/a.B/C', status.OK, undefined, 250);
  under.run('/a.B/C', status.INTERNAL, undefined, 1000);
  under.run('/a.B/C', status.CANCELLED, undefined, 1001);
  const durations = collected(basic.server.project(under.calls))[1]!;
  expect(durations.series).toEqual([
    { labels: { method: '/a.B/C' }, bounds, buckets: [1, 1, 1], sum: 0.25 + 1 + 1.001, created },
  ]);
});

/** The native buckets of the durations of each method. */
function nativeDurations({ calls }: { calls: ServerStore }): (NativeBuckets | undefined)[] {
  const durations = collected(basic.server.project(calls))[1]!;
  return durations.type === 'histogram' ? durations.series.map(({ native }) => native) : [];
}

const natives: [
  name: string,
  options: NativeHistogramOptions,
  milliseconds: [code: number, took: number][],
  native: object,
][] = [
  ['before the first call', {}, [], { schema: 3, zeroThreshold: 2 ** -128, zeroCount: 0, indexes: [], counts: [] }],
  [
    'of all statuses',
    { factor: 2 },
    [
      [0, 1000],
      [0, 2000],
      [13, 2000],
      [1, 0],
    ],
    { schema: 0, zeroCount: 1, indexes: [0, 1], counts: [1, 2] },
  ],
  [
    'as coarse as the coarsest status',
    { factor: 2, maxBuckets: 2 },
    [
      [0, 1000],
      [0, 2000],
      [0, 4000],
      [13, 2000],
      [1, 0.0001],
    ],
    { schema: -1, zeroThreshold: 2 ** -128, zeroCount: 0, indexes: [-11, 0, 1], counts: [1, 1, 3] },
  ],
  [
    'calls that took next to nothing are put together before others',
    { factor: 2, maxBuckets: 2 },
    [
      [0, 1000],
      [0, 2000],
      [0, 1000 * 2 ** -16],
      [13, 1000 * 2 ** -17],
    ],
    { schema: 0, zeroThreshold: 2 ** -16, zeroCount: 2, indexes: [0, 1], counts: [1, 1] },
  ],
];
test.each(natives)('native durations: %s', (_name, options, ended, native) => {
  const under = store(options);
  under.calls.method('/a.B/C');
  for (const [code, took] of ended) under.run('/a.B/C', code, undefined, took);
  expect(nativeDurations(under)).toEqual([expect.objectContaining(native)]);
});

test('without being asked for there are no native durations', () => {
  const under = store();
  under.run('/a.B/C', status.OK, undefined, 250);
  expect(nativeDurations(under)).toEqual([undefined]);
});

interface Recorded {
  readonly path: string;
  /** Undefined while the call is in flight. */
  readonly code: number | undefined;
  readonly errorType: string | undefined;
  readonly milliseconds: number;
  readonly received: number;
  readonly sent: number;
}

const recorded: fc.Arbitrary<Recorded> = fc.record({
  path: fc.constantFrom('/a.B/C', '/a.B/D', 'other'),
  code: fc.option(fc.integer({ min: -1, max: 18 }), { nil: undefined, freq: 8 }),
  errorType: fc.option(fc.constantFrom('TypeError', 'INTERNAL', 'other', ''), { nil: undefined }),
  // In 1024ths of a second, so that sums are exact in any order.
  milliseconds: fc.integer({ min: 0, max: 4096 }).map((ticks) => (ticks * 1000) / 1024),
  received: fc.nat({ max: 3 }),
  sent: fc.nat({ max: 3 }),
});

/** The same numbers, from the list of calls and nothing else. */
function naive(all: readonly Recorded[]): Record<string, unknown> {
  const found: Record<string, unknown> = { 'grpc_active_connections{}': 0 };
  for (const reason of ['content_type', 'protocol', 'tls_handshake'])
    found[`grpc_rejected_total{"reason":"${reason}"}`] = 0;
  for (const path of new Set(all.map((call) => call.path))) {
    const calls = all.filter((call) => call.path === path);
    const ended = calls.filter((call) => call.code !== undefined);
    const name = (call: Recorded) => statusNames[call.code!] ?? 'UNKNOWN';
    const labels = (more: object = {}) => JSON.stringify({ method: path, ...more });

    const seen = new Set([...expected, ...ended.map(name)]);
    for (const one of seen) {
      found[`grpc_requests_total${labels({ status: one })}`] = ended.filter((call) => name(call) === one).length;
    }
    const failed = ended.filter((call) => name(call) !== 'OK');
    const types = [...failed.map((call) => call.errorType ?? name(call)), ...seen].filter((type) => type !== 'OK');
    for (const type of new Set(types)) {
      const ofType = failed.filter((call) => (call.errorType ?? name(call)) === type);
      found[`grpc_errors_total${labels({ error_type: type })}`] = ofType.length;
    }
    const seconds = ended.map((call) => call.milliseconds / 1000);
    found[`grpc_request_duration_seconds${labels()}`] = {
      buckets: [
        seconds.filter((value) => value <= 0.25).length,
        seconds.filter((value) => value > 0.25 && value <= 1).length,
        seconds.filter((value) => value > 1).length,
      ],
      sum: sum(seconds),
    };
    found[`grpc_requests_in_flight${labels()}`] = calls.length - ended.length;
    found[`grpc_messages_received_total${labels()}`] = sum(calls.map((call) => call.received));
    found[`grpc_messages_sent_total${labels()}`] = sum(calls.map((call) => call.sent));
    found[`grpc_requests_abandoned_total${labels()}`] = 0; // only an adapter knows
    found[`grpc_handler_rejections_total${labels()}`] = 0;
  }
  return found;
}

test('any list of calls is projected as it would be counted by hand', () => {
  fc.assert(
    fc.property(fc.array(recorded, { maxLength: 40 }), (all) => {
      const { calls, run } = store();
      for (const { path, code, errorType, milliseconds, received, sent } of all) {
        const method = run(path, code, errorType, milliseconds);
        for (let count = 0; count < received; count += 1) method.received();
        for (let count = 0; count < sent; count += 1) method.sent();
      }
      expect(lines(collected(basic.server.project(calls)))).toEqual(naive(all));
    }),
    { numRuns: 300 },
  );
});

test('errors of a method add up to its requests that did not end OK, with more classes than are kept', () => {
  const under = store();
  for (let index = 0; index < 100; index += 1) under.run('/a.B/C', index % 17, `Error${index}`);
  const requests = by('status', 'grpc_requests_total', under);
  expect(sum(Object.values(requests))).toBe(100);
  expect(sum(Object.values(by('error_type', 'grpc_errors_total', under)))).toBe(100 - requests.OK!);
  expect(requests.OK).toBe(6);
});

test('bytes have series where sizes are seen, the time to the first message where responses stream', () => {
  const { calls, run } = store({ factor: 2 });
  calls.declare('/a.B/Unseen', 'unary');
  calls.declare('/a.B/Watch', 'server_stream');
  calls.declare('/a.B/Chat', 'bidi_stream');
  calls.declare('/a.B/Upload', 'client_stream');
  const seen = run('/a.B/Watch');
  seen.isMeasured = true;
  for (const bytes of [10, 20]) seen.received(bytes);
  seen.sent(3_000_000_000);
  seen.firstMessages!.observe(0.5);
  const found = new Map(collected(basic.server.project(calls)).map(({ name, series }) => [name, series]));
  const labels = { method: '/a.B/Watch' };
  expect(found.get('grpc_messages_received_bytes_total')).toEqual([{ labels, value: 30, created }]);
  expect(found.get('grpc_messages_sent_bytes_total')).toEqual([{ labels, value: 3_000_000_000, created }]);
  expect(found.get('grpc_time_to_first_message_seconds')).toMatchObject([
    { labels, bounds, buckets: [0, 1, 0], sum: 0.5, created, native: { zeroCount: 0, indexes: [-1], counts: [1] } },
    { labels: { method: '/a.B/Chat' }, buckets: [0, 0, 0], sum: 0, created },
  ]);
});

test('a bucket has the latest exemplar of all statuses, a status its own', () => {
  const time = { now: 100 };
  const wall = () => time.now;
  const faults = new Faults(() => {});
  const exemplars = new Exemplars(() => undefined, faults, wall);
  const calls = new ServerStore(faults, { buckets: bounds, exclude: [], wallClock: wall, exemplars });
  const end = (code: number, seconds: number, trace_id?: string) => {
    const method = calls.method('/a.B/C')!;
    time.now += 1;
    method.finish(code, seconds, undefined, trace_id === undefined ? undefined : { trace_id });
  };
  end(status.INTERNAL, 2, 'a');
  end(status.OK, 2, 'b');
  end(status.OK, 0.5, 'c');
  end(status.INTERNAL, 0.5, 'd');
  end(status.INTERNAL, 0.5);
  const [requests, durations] = collected(basic.server.project(calls));
  const at = (trace_id: string, value: number, timestamp: number) => ({ labels: { trace_id }, value, timestamp });
  expect(durations!.series).toMatchObject([{ exemplars: [undefined, at('d', 0.5, 104), at('b', 2, 102)] }]);
  const byStatus = requests!.series.flatMap((one) => ('exemplar' in one && one.exemplar ? [one.exemplar] : []));
  expect(byStatus).toEqual([at('c', 1, 103), at('d', 1, 104)]);
});

test('a counter is as old as its method, or as its first call where that brought the series', () => {
  const time = { now: 100 };
  const calls = new ServerStore(new Faults(() => {}), { exclude: [], wallClock: () => time.now });
  const end = (code: number) => calls.method('/a.B/C')!.finish(code, 0);
  calls.method('/a.B/C');
  time.now = 200;
  end(status.INTERNAL);
  end(5);
  time.now = 300;
  end(5);
  const ages = collected(basic.server.project(calls)).flatMap(({ name, type, series }) =>
    series.map((one) => [name, one.labels.status ?? one.labels.error_type, 'created' in one ? one.created : type]),
  );
  expect(ages).toEqual(
    expect.arrayContaining([
      ['grpc_requests_total', 'OK', 100],
      ['grpc_requests_total', 'INTERNAL', 100],
      ['grpc_requests_total', 'NOT_FOUND', 200],
      ['grpc_errors_total', 'INTERNAL', 100],
      ['grpc_errors_total', 'NOT_FOUND', 200],
      ['grpc_request_duration_seconds', undefined, 100],
      ['grpc_messages_sent_total', undefined, 100],
      ['grpc_requests_in_flight', undefined, 'gauge'],
    ]),
  );
});
