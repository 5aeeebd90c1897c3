import { expect, test } from 'vitest';
import { readExposition } from '../../decode/exposition-reader.ts';
import { type Reading, readCalls } from './reading.ts';
import { type Row, rowsOf, sortRows } from './rows.ts';
import { sparkline } from './sparkline.ts';
import { formatTable } from './table.ts';
import { windowsOf } from './window.ts';

const readLines = async (lines: readonly string[]) =>
  readCalls(await readExposition(Buffer.from(`${lines.join('\n')}\n`)));
const read = async (...lines: string[]) => (await readLines(lines))!;
const windows = (earlier: Reading, later: Reading) => windowsOf(earlier.methods, later, 2);
const unlabelled = (value: number) => `grpc_requests_total{method="/a"} ${value}`;
const handled = (status: string, value: number) => `grpc_requests_total{method="/a",status="${status}"} ${value}`;

const growths: [name: string, earlier: string[], later: string[], rate: number, failed: number | undefined][] = [
  ['growth', [handled('OK', 10)], [handled('OK', 14)], 2, 0],
  ['failures', [handled('OK', 1), handled('INTERNAL', 1)], [handled('OK', 1), handled('INTERNAL', 3)], 1, 1],
  ['a status that was not there', [handled('OK', 10)], [handled('OK', 10), handled('NOT_FOUND', 2)], 1, 1],
  ['a reset: from 0 again', [handled('OK', 10)], [handled('OK', 4)], 2, 0],
  [
    'a reset of one series',
    [handled('OK', 10), handled('ABORTED', 2)],
    [handled('OK', 2), handled('ABORTED', 4)],
    2,
    1,
  ],
  ['nothing', [handled('OK', 10)], [handled('OK', 10)], 0, 0],
  ['no number', [handled('OK', 10)], [handled('OK', Number.NaN), handled('ABORTED', 2)], 1, 1],
  ['a number again', [handled('OK', Number.NaN)], [handled('OK', 10)], 0, 0],
  ['endless', [handled('OK', 10)], [handled('OK', Infinity)], 0, 0],
  ['less than nothing', [handled('OK', 10)], [handled('OK', -10)], 0, 0],
  ['no status', [unlabelled(10)], [unlabelled(14)], 2, undefined],
  ['a status that is none', [handled('200', 10)], [handled('200', 14)], 2, undefined],
  ['an empty status', [handled('', 10)], [handled('', 14)], 2, undefined],
  ['some without a status', [handled('OK', 1), unlabelled(10)], [handled('OK', 3), unlabelled(14)], 3, undefined],
  [
    'some without a status, which have no calls',
    [handled('OK', 1), unlabelled(10)],
    [handled('OK', 3), unlabelled(10)],
    1,
    0,
  ],
  ['a status as a number', [handled('0', 10)], [handled('0', 14)], 2, 0],
];
test.each(growths)('what happened in a window of 2 s: %s', async (_name, earlier, later, rate, failedRate) => {
  expect(windows(await read(...earlier), await read(...later))).toMatchObject([{ method: '/a', rate, failedRate }]);
});

test('buckets of several series are added by their bounds, each with its own resets', async () => {
  const type = '# TYPE grpc_server_handling_seconds histogram';
  const bucket = (kind: string, le: string, value: number) =>
    `grpc_server_handling_seconds_bucket{grpc_service="s",grpc_method="m",grpc_type="${kind}",le="${le}"} ${value}`;
  const some = await read(
    'grpc_server_handled_total{grpc_service="s",grpc_method="m",grpc_code="OK"} 0',
    type,
    bucket('unary', '1', 5),
    bucket('unary', '+Inf', 9),
    bucket('bidi', '1', 5),
  );
  const more = await read(
    'grpc_server_handled_total{grpc_service="s",grpc_method="m",grpc_code="OK"} 0',
    type,
    bucket('unary', '1.0', 5),
    bucket('unary', '1', 7),
    bucket('unary', '+Inf', 3),
    bucket('bidi', '1', 6),
  );
  const [window] = windows(some, more);
  expect(window?.method).toBe('/s/m');
  expect([...window!.buckets]).toEqual([
    [1, (5 + 2 + 1) / 2],
    [Infinity, 3 / 2],
  ]);
});

const readings: [name: string, lines: string[], methods: string[] | undefined][] = [
  ['ours', [handled('OK', 1)], ['server /a']],
  [
    'both sides',
    [handled('OK', 1), 'grpc_client_requests_total{method="/b",status="OK"} 1'],
    ['server /a', 'client /b'],
  ],
  [
    'ours before Go, which tells of the same calls',
    [handled('OK', 1), 'grpc_server_handled_total{grpc_service="s",grpc_method="m",grpc_code="OK"} 1'],
    ['server /a'],
  ],
  [
    'Go where ours has no series',
    [
      '# TYPE grpc_requests_total counter',
      'grpc_server_handled_total{grpc_service="s",grpc_method="m",grpc_code="OK"} 1',
    ],
    ['server /s/m'],
  ],
  [
    'the names of which the endpoint has most, since they expose the same calls',
    [
      handled('OK', 1),
      'grpc_server_handled_total{grpc_service="s",grpc_method="m",code="OK"} 1',
      '# TYPE grpc_server_handled_latency_seconds histogram',
      'grpc_server_handled_latency_seconds_bucket{grpc_service="s",grpc_method="m",le="+Inf"} 1',
    ],
    ['server /s/m'],
  ],
  [
    "Go's unknown methods",
    ['grpc_server_handled_total{grpc_service="unknown",grpc_method="unknown",grpc_code="OK"} 1'],
    ['server unknown'],
  ],
  ['no calls yet', ['grpc_vitals_errors_total{stage="call"} 0'], []],
  ['the same name from elsewhere', ['grpc_requests_total{path="/a"} 1'], undefined],
  ['the same name from elsewhere, with a bare method', ['grpc_requests_total{method="a"} 1'], undefined],
  [
    'our constants',
    ['grpc_requests_total{method="unknown"} 1', 'grpc_requests_total{method="other"} 1'],
    ['server unknown', 'server other'],
  ],
  ['a namespace', ['shop_grpc_client_requests_total{method="/a"} 1'], ['client /a']],
  [
    'the namespace with the most',
    ['x_grpc_requests_total{method="/a"} 1', 'y_grpc_requests_total{method="/b",status="OK"} 1'],
    ['server /b'],
  ],
  [
    'calls that are not counted, but timed',
    ['# TYPE grpc_request_duration_seconds histogram', 'grpc_request_duration_seconds_bucket{method="/a",le="+Inf"} 1'],
    ['server /a'],
  ],
  [
    'bounds and gauges that are no numbers',
    [
      handled('OK', 1),
      'grpc_request_duration_seconds_bucket{method="/a",le="x"} 1',
      'grpc_request_duration_seconds_bucket{method="/a",le="NaN"} 1',
      'grpc_requests_in_flight{method="/a"} NaN',
    ],
    ['server /a'],
  ],
  ['nothing that is known', ['x 1'], undefined],
];
test.each(readings)('an endpoint is read: %s', async (_name, lines, methods) => {
  const calls = await readLines(lines);
  expect(calls && [...calls.methods.keys()]).toEqual(methods);
});

const faultRows: [
  name: string,
  side: string,
  statuses: Record<string, number>,
  failed: number,
  faults: number | undefined,
][] = [
  ['a fault of the server', 'grpc_', { OK: 4, INTERNAL: 4 }, 2, 2],
  ['a refusal', 'grpc_', { OK: 4, NOT_FOUND: 4 }, 2, 0],
  ['each fault', 'grpc_', { UNKNOWN: 2, DEADLINE_EXCEEDED: 2, UNIMPLEMENTED: 2, UNAVAILABLE: 2, DATA_LOSS: 2 }, 5, 5],
  ['what is not the server', 'grpc_', { CANCELLED: 2, RESOURCE_EXHAUSTED: 2, ABORTED: 2 }, 3, 0],
  ['a client', 'grpc_client_', { OK: 4, INTERNAL: 4 }, 2, undefined],
];
test.each(faultRows)(
  'server faults are apart from other errors: %s',
  async (_name, prefix, statuses, failedRate, faultRate) => {
    const lines = (times: number) =>
      Object.entries(statuses).map(
        ([status, value]) => `${prefix}requests_total{method="/a",status="${status}"} ${value * times}`,
      );
    expect(windows(await read(...lines(1)), await read(...lines(2)))).toMatchObject([{ failedRate, faultRate }]);
  },
);

const window = (
  method: string,
  rate: number | undefined,
  failedRate: number | undefined = 0,
  inFlight: number | undefined = 1,
) => ({
  side: 'server' as const,
  method,
  rate,
  failedRate,
  faultRate: failedRate,
  buckets: new Map([
    [0.1, rate ?? 0],
    [Infinity, rate ?? 0],
  ]),
  inFlight,
});

test('targets are summed, or each is for itself', () => {
  const two = [
    ['x', window('/a', 1, 1)],
    ['y', window('/a', 3)],
  ] as const;
  expect(rowsOf(two, 'method')).toMatchObject([{ method: '/a', ratePerSecond: 4, errorRatio: 0.25, inFlight: 2 }]);
  expect(rowsOf(two, 'target')).toMatchObject([
    { target: 'x', ratePerSecond: 1, errorRatio: 1 },
    { target: 'y', ratePerSecond: 3, errorRatio: 0 },
  ]);
  expect(rowsOf([['x', window('/a', 0, 0, undefined)]], 'method')).toMatchObject([
    { ratePerSecond: 0, errorRatio: null, p50: null, inFlight: 1 },
  ]);
  const partly = [
    ['x', window('/a', 1, 1)],
    ['y', window('/a', 3, undefined)],
    ['z', { ...window('/b', undefined), failedRate: undefined }],
  ] as const;
  expect(
    rowsOf(
      partly.map(([target, one]) => [target, target === 'y' ? { ...one, failedRate: undefined } : one]),
      'method',
    ),
  ).toMatchObject([
    { method: '/a', ratePerSecond: 4, errorRatio: null },
    { method: '/b', ratePerSecond: null, errorRatio: null },
  ]);
});

test('quantiles of targets with different bounds are of the bounds that all have', () => {
  const of = (counts: Record<string, number>) => ({
    ...window('/a', 1),
    buckets: new Map(Object.entries(counts).map(([bound, count]) => [Number(bound), count])),
  });
  const p50 = (...targets: Record<string, number>[]) =>
    rowsOf(
      targets.map((counts, index) => [`${index}`, of(counts)] as const),
      'method',
    )[0]!.p50;
  // Each has its calls between 0.1 and 1 s.
  const [some, others] = [
    { 0.1: 0, 0.5: 2, 1: 4, Infinity: 4 },
    { 0.1: 0, 1: 40, Infinity: 40 },
  ];
  expect(p50(some, others)).toBeCloseTo(0.1 + 0.9 / 2, 12);
  // Of one without calls it does not matter.
  expect(p50(some, { 7: 0, Infinity: 0 })).toBe(p50(some));
  expect(p50(some, { 7: 1, Infinity: 1 })).toBe(null);
});

test('the in-flight calls of an endpoint are a number, and not less than 0', async () => {
  const labels = '{grpc_service="s",grpc_method="m"}';
  const inFlight = async (started: string) => {
    const { methods } = await read(
      'grpc_server_handled_total{grpc_service="s",grpc_method="m",grpc_code="OK"} 5',
      `grpc_server_started_total${labels} ${started}`,
    );
    return methods.get('server /s/m')?.inFlight;
  };
  expect(await Promise.all(['7', '4', 'NaN'].map(inFlight))).toEqual([2, 0, undefined]);
});

const row = (method: string, own: Partial<Row> = {}): Row => ({
  side: 'server',
  method,
  ratePerSecond: 0,
  errorRatio: null,
  faultRatio: null,
  p50: null,
  p95: null,
  p99: null,
  inFlight: null,
  ...own,
});

test('rows are in order, those without a value last, else by name', () => {
  const rows = [row('/c', { p95: 1 }), row('/b'), row('/a'), row('/d', { p95: 2, ratePerSecond: 1 })];
  const order = (by: Parameters<typeof sortRows>[1]) =>
    sortRows(rows, by)
      .map(({ method }) => method)
      .join(' ');
  expect(order('p95')).toBe('/d /c /a /b');
  expect(order('rate')).toBe('/d /a /b /c');
  const [none, zero] = [row('/a'), row('/b', { errorRatio: 0 })];
  expect(sortRows([none, zero], 'errors')).toEqual([zero, none]);
  expect(order('method')).toBe('/a /b /c /d');
});

const sparks: [values: number[], width: number, line: string][] = [
  [[0, 1, 2, 4, 8], 5, '▁▂▃▅█'],
  [[1, 2], 4, '  ▅█'],
  [[9, 1, 1], 2, '██'],
  [[0, 0], 2, '▁▁'],
  [[], 2, '  '],
];
test.each(sparks)('sparkline: %j in %d', (values, width, line) => {
  expect(sparkline(values, width)).toBe(line);
});

const rows = [
  row('/shop.v1.Orders/CreateOrder', {
    ratePerSecond: 12.34,
    errorRatio: 0.056,
    faultRatio: 0.051,
    p50: 0.01,
    p95: 0.25,
    p99: 1,
    inFlight: 3,
  }),
];
test('a table is as wide as it may be: columns go, then the beginnings of names', () => {
  const at = (columns: number) => formatTable(rows, { columns, history: () => [1, 2] });
  expect(at(110)).toEqual([
    'METHOD                       RATE/s  FAULTS  ERRORS     P50    P95    P99  IN FLIGHT  RATE OVER TIME',
    '/shop.v1.Orders/CreateOrder    12.3    5.1%    5.6%  10.0ms  250ms  1.00s          3                    ▅█',
  ]);
  expect(at(92)).toEqual([
    'METHOD                       RATE/s  FAULTS  ERRORS     P50    P95    P99  IN FLIGHT  TREND',
    '/shop.v1.Orders/CreateOrder    12.3    5.1%    5.6%  10.0ms  250ms  1.00s          3     ▅█',
  ]);
  expect(at(86)).toEqual([
    'METHOD                       RATE/s  FAULTS  ERRORS     P50    P95    P99  IN FLIGHT',
    '/shop.v1.Orders/CreateOrder    12.3    5.1%    5.6%  10.0ms  250ms  1.00s          3',
  ]);
  expect(at(78)).toEqual([
    'METHOD                 RATE/s  FAULTS  ERRORS     P50    P95    P99  IN FLIGHT',
    '…1.Orders/CreateOrder    12.3    5.1%    5.6%  10.0ms  250ms  1.00s          3',
  ]);
  expect(at(58)).toEqual([
    'METHOD                RATE/s  FAULTS  ERRORS    P95    P99',
    '….Orders/CreateOrder    12.3    5.1%    5.6%  250ms  1.00s',
  ]);
  for (let columns = 1; columns <= 120; columns += 1) {
    for (const line of at(columns)) expect(line.length).toBeLessThanOrEqual(columns);
  }
});

const emptyColumns: [name: string, own: Partial<Row>, columns: number, head: string][] = [
  ['all there is', { p95: 1 }, 110, 'METHOD RATE/s FAULTS ERRORS P50 P95 P99 IN FLIGHT RATE OVER TIME'],
  ['without a history', { p95: 1 }, 82, 'METHOD RATE/s FAULTS ERRORS P50 P95 P99 IN FLIGHT'],
  ['the least important ones', { p95: 1 }, 72, 'METHOD RATE/s FAULTS ERRORS P95 P99'],
  ['all of them', { p95: 1 }, 45, 'METHOD RATE/s P95'],
  ['all of them, and the name is cut', { p95: 1 }, 41, 'METHOD RATE/s P95'],
];
test.each(emptyColumns)('no name is cut while columns are empty: %s', (_name, own, columns, head) => {
  const method = '/shop.v1.Orders/CreateOrder';
  const [titles, line] = formatTable([row(method, own)], { columns, history: () => [] });
  expect(titles?.split(/ {2,}/).join(' ')).toBe(head);
  expect(line?.startsWith(method)).toBe(columns > 41);
});

test('what an endpoint sends does not steer the terminal', () => {
  expect(formatTable([row('/a\u001B[2J\u009B2J')])[1]).toMatch(/^\/a\uFFFD\[2J\uFFFD2J /);
});

const odd: [name: string, method: string, shown: string][] = [
  ['characters of two columns', '/日本/注文', '/日本/注文'],
  ['characters of two units', `/${'😀'.repeat(20)}`, `…${'😀'.repeat(13)}`],
  ['as long as an answer', `/${'a'.repeat(2e6)}/Say`, `…${'a'.repeat(23)}/Say`],
];
test.each(odd)('a name that no gRPC method has takes one line of the table: %s', (_name, method, shown) => {
  const [, line] = formatTable([row(method)], { columns: 36 });
  expect(line?.length).toBeLessThanOrEqual(36);
  expect(line?.split(' ', 1)).toEqual([shown]);
});

test('numbers of any size have room', () => {
  const huge = { ratePerSecond: 1e300, p50: 1e300, p95: 1e10, p99: 999_999, inFlight: 1e300 };
  const cells = (own: Partial<Row>) =>
    formatTable([row('/a', own)])[1]!
      .split(/ +/)
      .join(' ');
  expect(cells(huge)).toBe('/a 1.00e+300 - - 1.00e+300s 1.00e+10s 999999s 1.00e+300');
  expect(cells({ inFlight: 0.1 + 0.2 })).toBe('/a 0.00 - - - - - 0.3');
});

test('more rows than a call can have arguments', () => {
  const many = Array.from({ length: 200_000 }, (_none, index) => row(`/${index}`));
  expect(formatTable(many, { columns: 80 })).toHaveLength(200_001);
});

test('the longest names are cut first', () => {
  const target = 'http://10.0.0.1:8000/metrics';
  const [head, line] = formatTable(
    rows.map((one) => ({ ...one, target })),
    { columns: 80 },
  );
  expect([head, line]).toEqual([
    'METHOD            TARGET         RATE/s  FAULTS  ERRORS    P95    P99  IN FLIGHT',
    '…ers/CreateOrder  10.0.0.1:8000    12.3    5.1%    5.6%  250ms  1.00s          3',
  ]);
});

test('colours are of whole lines: no width is changed', () => {
  const ok = row('/ok', { ratePerSecond: 1, errorRatio: 0 });
  const few = row('/few', { ratePerSecond: 1, errorRatio: 0.049, faultRatio: 0.049 });
  const refused = row('/refused', { ratePerSecond: 1, errorRatio: 0.9, faultRatio: 0 });
  const client = row('/client', { side: 'client', ratePerSecond: 1, errorRatio: 0.9 });
  const all = [...rows, few, refused, client, ok];
  const plain = formatTable(all);
  const colours = ['1', '31', '33', '33', '31', undefined];
  expect(formatTable(all, { color: true })).toEqual(
    plain.map((line, index) => (colours[index] === undefined ? line : `\u001B[${colours[index]}m${line}\u001B[m`)),
  );
});
