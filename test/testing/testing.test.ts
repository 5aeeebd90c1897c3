import { expect, test, vi } from 'vitest';
import { GrpcMetrics, partsOf } from '../../src/metrics.ts';
import { status } from '../../src/rpc/status.ts';
import { expectMetricChanges, metricValue, whenIdle } from '../../src/testing/testing.ts';

/** Metrics with two calls that have ended, of 0.02 s and 3 s, and the user's own. */
function recorded(): GrpcMetrics {
  const metrics = new GrpcMetrics();
  const method = partsOf(metrics).server.method('/shop.Orders/Get')!;
  for (const [code, seconds] of [
    [status.OK, 0.02],
    [status.INTERNAL, 3],
  ] as const) {
    method.started += 1;
    method.finish(code, seconds);
  }
  metrics
    .gauge({ name: 'pool_size', help: 'Pool', labelNames: ['pool'] })
    .labels({ pool: 'a' })
    .set(4);
  metrics.counter({ name: 'unused_total', help: 'Never counted', labelNames: ['kind'] });
  return metrics;
}

const get = { method: '/shop.Orders/Get' };
const values: [name: string, labels: Record<string, string>, value: number][] = [
  ['grpc_requests_total', {}, 2],
  ['grpc_requests_total', get, 2],
  ['grpc_requests_total', { ...get, status: 'INTERNAL' }, 1],
  ['grpc_requests_total', { ...get, status: 'ABORTED' }, 0],
  ['grpc_request_duration_seconds_count', get, 2],
  ['grpc_request_duration_seconds_sum', get, 3.02],
  ['grpc_request_duration_seconds_bucket', { ...get, le: '0.025' }, 1],
  ['grpc_request_duration_seconds_bucket', { ...get, le: '+Inf' }, 2],
  ['grpc_requests_in_flight', {}, 0],
  ['pool_size', { pool: 'a' }, 4],
  ['unused_total', { kind: 'a' }, 0],
];

test.each(values)('the value of %s%o is %d', (name, labels, expected) => {
  expect(metricValue(recorded(), name, labels)).toBe(expected);
});

const mistakes: [name: string, labels: Record<string, string>, message: string][] = [
  ['grpc_request_total', {}, 'there is no metric "grpc_request_total": did you mean "grpc_requests_total"?'],
  ['nothing_like_it', {}, 'there is no metric "nothing_like_it": see collect() for those that there are'],
  ['grpc_requests_total', { code: 'OK' }, '"grpc_requests_total" has no label "code", but method, status'],
  [
    'grpc_request_duration_seconds',
    {},
    '"grpc_request_duration_seconds" is a histogram: read "grpc_request_duration_seconds_count", "grpc_request_duration_seconds_sum" or "grpc_request_duration_seconds_bucket"',
  ],
  ['grpc_request_duration_seconds_bucket', { le: '0.03' }, 'needs le, one of 0.005, 0.01, '],
  ['grpc_request_duration_seconds_bucket', {}, 'and +Inf, not undefined'],
];

test.each(mistakes)('%s%o is a mistake of the test', (name, labels, message) => {
  const read = () => metricValue(recorded(), name, labels);
  expect(read).toThrow(message);
  expect(read).toThrow(expect.objectContaining({ code: 'unknown_metric' }));
});

test('whenIdle() resolves once a call has ended, also under fake timers', async () => {
  const metrics = new GrpcMetrics();
  const method = partsOf(metrics).server.method('/shop.Orders/Get')!;
  method.started += 1;
  vi.useFakeTimers();
  try {
    let isIdle = false;
    const idle = whenIdle(metrics).then(() => (isIdle = true));
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    expect(isIdle).toBe(false);
    method.finish(status.OK, 0.1);
    await idle;
  } finally {
    vi.useRealTimers();
  }
});

test('whenIdle() names the calls that do not end', async () => {
  const metrics = new GrpcMetrics();
  const { server, client } = partsOf(metrics);
  server.method('/shop.Orders/Watch')!.started += 2;
  client.method('/stock.Items/List')!.started += 1;
  const waiting = whenIdle(metrics, { timeoutSeconds: 0 });
  await expect(waiting).rejects.toMatchObject({
    name: 'AssertionError',
    message: 'still in flight after 0 s: 2 x /shop.Orders/Watch of the server, 1 x /stock.Items/List of the client',
  });
  await expect(whenIdle(metrics, { timeoutSeconds: 0, inFlight: 2 })).rejects.toThrow('still in flight');
  await whenIdle(metrics, { timeoutSeconds: 0, inFlight: 3 });
});

test('expectMetricChanges() waits for calls that end after the action', async () => {
  const metrics = recorded();
  const method = partsOf(metrics).server.method('/shop.Orders/Get')!;
  const action = () => {
    method.started += 1;
    setImmediate(() => method.finish(status.OK, 0.3));
    return 'the answer';
  };
  const changes = [
    { name: 'grpc_requests_total', labels: { ...get, status: 'OK' }, by: 1 },
    { name: 'grpc_requests_total', labels: { ...get, status: 'INTERNAL' }, by: 0 },
    { name: 'grpc_request_duration_seconds_sum', by: 0.3 },
    { name: 'pool_size', by: 0 },
  ];
  expect(await expectMetricChanges(metrics, action, changes)).toBe('the answer');
});

test('expectMetricChanges() says what has changed otherwise', async () => {
  const metrics = recorded();
  const method = partsOf(metrics).server.method('/shop.Orders/Get')!;
  const action = () => {
    method.started += 1;
    method.finish(status.INTERNAL, 0.3);
  };
  const changes = [
    { name: 'grpc_requests_total', labels: { status: 'OK' }, by: 1 },
    { name: 'grpc_requests_total', by: 1 },
  ];
  await expect(expectMetricChanges(metrics, action, changes, { timeoutSeconds: 0 })).rejects.toMatchObject({
    name: 'AssertionError',
    message:
      'grpc_requests_total{status="OK"} changed by 0, grpc_requests_total{} changed by 1, ' +
      'expected grpc_requests_total{status="OK"} changed by 1, grpc_requests_total{} changed by 1',
    actual: [
      { name: 'grpc_requests_total', labels: { status: 'OK' }, by: 0 },
      { name: 'grpc_requests_total', by: 1 },
    ],
    expected: changes,
  });
});

test('expectMetricChanges() rejects with what the action throws', async () => {
  const action = () => Promise.reject(new RangeError('no order'));
  await expect(expectMetricChanges(new GrpcMetrics(), action, [])).rejects.toThrow(RangeError);
});

const wrong: [name: string, run: (metrics: GrpcMetrics) => Promise<unknown>, message: string][] = [
  [
    'an unknown option',
    (metrics) => whenIdle(metrics, { timeout: 1 } as object),
    'whenIdle(): unknown option "timeout", did you mean "timeoutSeconds"?',
  ],
  [
    'a negative timeout',
    (metrics) => whenIdle(metrics, { timeoutSeconds: -1 }),
    'whenIdle(): timeoutSeconds must be a number from 0, not -1',
  ],
  [
    'NaN calls',
    (metrics) => whenIdle(metrics, { inFlight: Number.NaN }),
    'whenIdle(): inFlight must be a number from 0, not NaN',
  ],
  [
    'no by',
    (metrics) => expectMetricChanges(metrics, () => {}, [{ name: 'a' } as never]),
    'expectMetricChanges(): by of "a" must be a finite number, not undefined',
  ],
  ['no GrpcMetrics', () => whenIdle({} as GrpcMetrics), 'metrics must be a GrpcMetrics'],
];

test.each(wrong)('it rejects: %s', async (_name, run, message) => {
  await expect(run(new GrpcMetrics())).rejects.toThrow(message);
});
