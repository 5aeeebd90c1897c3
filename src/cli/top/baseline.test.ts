import { expect, test } from 'vitest';
import { readExposition } from '../../decode/exposition-reader.ts';
import { baselineOf } from './baseline.ts';
import { readCalls } from './reading.ts';
import { windowsOf } from './window.ts';

const read = async (lines: readonly string[]) =>
  readCalls(await readExposition(Buffer.from(lines.map((line) => `${line}\n`).join(''))))!;

const ours = (value: number, method = '/a', status = 'OK') =>
  `grpc_requests_total{method="${method}",status="${status}"} ${value}`;
const go = (value: number, method = 'a', side = 'server') =>
  `grpc_${side}_handled_total{grpc_type="unary",grpc_service="s",grpc_method="${method}",grpc_code="OK"} ${value}`;
const java = (value: number) =>
  `grpc_server_handled_total{grpc_type="UNARY",grpc_service="s",grpc_method="a",code="OK",grpc_code="OK"} ${value}`;
const started = (at: number) => `process_start_time_seconds ${at}`;

/** The earlier answer is of second 1000 by its endpoint's clock, the later one of 2 s later. */
const cases: [name: string, earlier: string[], later: string[], rates: Record<string, number> | undefined][] = [
  ['the same process', [ours(10)], [ours(14)], { '/a': 2 }],
  ['a first call of a method', [ours(10)], [ours(10), ours(6, '/b')], { '/a': 0, '/b': 3 }],
  ['the first call of all', ['# TYPE grpc_requests_total counter'], [ours(6)], { '/a': 3 }],
  ['the first call of a client', [go(10)], [go(10), go(6, 'b', 'client')], { '/s/a': 0, '/s/b': 3 }],
  ['counters that fell', [ours(1e6), ours(9, '/b')], [ours(6), ours(2, '/b')], { '/a': 3, '/b': 1 }],
  ['counters that fell, and a new one', [ours(1e6)], [ours(6), ours(4, '/b')], { '/a': 3, '/b': 2 }],
  ['another vocabulary', [go(10)], [ours(1e6)], undefined],
  [
    'another vocabulary, in calls before which none was',
    ['# TYPE grpc_server_handled_total counter'],
    [ours(1e6)],
    undefined,
  ],
  ['a vocabulary that hid another', [ours(10), go(1e6)], ['# TYPE grpc_requests_total counter', go(1e6)], undefined],
  ['the same names from another library', [go(10)], [java(1e6)], undefined],
  ['other methods alone', [go(10)], [go(1e6, 'b')], undefined],
  ['the same start', [ours(10), started(900)], [ours(14), started(900)], { '/a': 2 }],
  ['a start that is not exact', [ours(10), started(900)], [ours(14), started(900.4)], { '/a': 2 }],
  ['the same start, other names', [go(10), started(900)], [ours(1e6), started(900)], undefined],
  ['a restart between', [ours(10), started(900)], [ours(14), started(1001)], { '/a': 7 }],
  ['a restart with other names', [go(10), started(900)], [ours(14), started(1001)], { '/a': 7 }],
  ['another process, started before', [ours(10), started(900)], [ours(1e6), started(950)], undefined],
  ['another process, started before, with less', [ours(1e6), started(900)], [ours(9e5), started(800)], undefined],
  [
    'several processes',
    [ours(10), started(900)],
    [ours(14), 'process_start_time_seconds{pid="1"} 1', 'process_start_time_seconds{pid="2"} 2'],
    { '/a': 2 },
  ],
];
test.each(cases)('what counts have grown from: %s', async (_name, earlier, later, rates) => {
  const reading = await read(later);
  const base = baselineOf({ ...(await read(earlier)), date: 1000 }, reading);
  const windows = base && windowsOf(base, reading, 2);
  expect(windows && Object.fromEntries(windows.map(({ method, rate }) => [method, rate]))).toEqual(rates);
});

test('without a date of the earlier answer, a process that was restarted may be any other', async () => {
  const earlier = { ...(await read([ours(10), started(900)])), date: undefined };
  expect(baselineOf(earlier, await read([ours(14), started(1001)]))).toBe(undefined);
});
