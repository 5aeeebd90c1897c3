import { expect, test } from 'vitest';
import type { LiveFamily } from '../../core/snapshot.ts';
import { ClientStore } from '../../rpc/client-store.ts';
import { Faults } from '../../rpc/faults.ts';
import { ServerStore } from '../../rpc/server-store.ts';
import { status } from '../../rpc/status.ts';
import type { CallStore } from '../../rpc/store.ts';
import { basic } from './basic.ts';

const wallClock = () => 1_700_000_000;

const allDetails = { messageSizes: [4, 8], streamMessages: [1, 2], streamDurations: [1], deadlines: [0, 1] };

/** Some calls, on either side. */
function record(store: CallStore): void {
  for (const [path, code] of [
    ['/a.B/C', status.OK],
    ['/a.B/C', status.UNAVAILABLE],
    ['/a.B/D', 5],
  ] as const) {
    const method = store.method(path)!;
    method.started += 1;
    method.isMeasured = true; // as an instrumented server's are, and all of a client's
    store.declare(method.path, 'server_stream');
    method.openStreams!.add({ startedAt: 500 });
    method.sent(3);
    method.received(5);
    method.firstMessages!.observe(0.1);
    method.finish(code, 0.5);
    store.ended({ method, code, seconds: 0.5, notes: store.notes(method), deadline: Infinity });
  }
  store.method('/a.B/C')!.started += 1;
}

/** By name, as data, without helps, which differ. */
function seriesOf(families: Iterable<LiveFamily>): Record<string, unknown[]> {
  return Object.fromEntries(Array.from(families, ({ name, series }) => [name, Array.from<unknown>(series)]));
}

const shared = [
  'requests_total',
  'request_duration_seconds',
  'errors_total',
  'requests_in_flight',
  'messages_received_total',
  'messages_sent_total',
  'messages_received_bytes_total',
  'messages_sent_bytes_total',
  'time_to_first_message_seconds',
  'open_streams',
  'oldest_stream_age_seconds',
  'message_received_size_bytes',
  'message_sent_size_bytes',
  'stream_duration_seconds',
  'deadline_left_seconds',
  'requests_without_deadline_total',
];

test('what both sides have is named and shaped alike', () => {
  const clock = () => 0;
  const options = { clock, wallClock, buckets: [0.1, 1], details: allDetails };
  const server = new ServerStore(new Faults(), options);
  const client = new ClientStore(new Faults(), options);
  record(server);
  record(client);
  const ofServer = seriesOf(basic.server.project(server).collect());
  const ofClient = seriesOf(basic.client.project(client).collect());
  for (const name of shared) {
    expect(ofServer[`grpc_${name}`]).toBeDefined();
    expect(ofClient[`grpc_client_${name}`]).toEqual(ofServer[`grpc_${name}`]);
  }
});

test('attempts at streams have no durations where streams are apart, but their number', () => {
  const name = 'grpc_client_request_attempt_duration_seconds';
  const attemptsWith = (details: object) => {
    const store = new ClientStore(new Faults(), { attempts: true, details, clock: () => 500, buckets: [1] });
    for (const type of ['unary', 'server_stream'] as const) {
      store.declare(`/a.B/${type}`, type);
      store.method(`/a.B/${type}`)!.attempted(status.OK, 0.5);
    }
    const families = seriesOf(basic.client.project(store).collect());
    const counted = (families.grpc_client_request_attempts_total ?? []) as { value: number }[];
    return [families[name]!.length, counted.reduce((sum, { value }) => sum + value, 0)];
  };
  expect(attemptsWith({})).toEqual([2, 2]);
  expect(attemptsWith({ streamDurations: [1] })).toEqual([1, 2]);
});

test('without clients each family is there, without series', () => {
  const collector = basic.client.project(new ClientStore(new Faults()));
  const families = Array.from(collector.collect());
  expect(families.map(({ name, type }) => ({ name, type }))).toEqual(
    collector.families.map(({ name, type }) => ({ name, type })),
  );
  for (const { series } of families) expect(Array.from<unknown>(series)).toEqual([]);
});

test("a client's messages have sizes, whatever is known of its methods", () => {
  const store = new ClientStore(new Faults(), { wallClock });
  store.method('/a.B/C')!.received(5);
  const found = seriesOf(basic.client.project(store).collect());
  const series = (value: number) => [{ labels: { method: '/a.B/C' }, value, created: 1_700_000_000 }];
  expect(found.grpc_client_messages_received_bytes_total).toEqual(series(5));
  expect(found.grpc_client_messages_sent_bytes_total).toEqual(series(0));
  expect(found.grpc_client_time_to_first_message_seconds).toEqual([]);
});

test('retries are the attempts beyond the first, of all calls', () => {
  const store = new ClientStore(new Faults(), { wallClock });
  const method = store.method('/a.B/C')!;
  for (const times of [1, 1, 3]) method.retried(times);
  store.method('/a.B/D');
  expect(seriesOf(basic.client.project(store).collect()).grpc_client_retries_total).toEqual([
    { labels: { method: '/a.B/C' }, value: 5, created: 1_700_000_000 },
    { labels: { method: '/a.B/D' }, value: 0, created: 1_700_000_000 },
  ]);
});

test('attempts are shaped as requests are, where they are watched, and a target has the connections of its channels', () => {
  const store = new ClientStore(new Faults(), { wallClock, attempts: true, buckets: [1] });
  const method = store.method('/a.B/C')!;
  for (const [code, seconds] of [
    [status.UNAVAILABLE, 0.25],
    [status.UNAVAILABLE, 2],
    [status.OK, 0.5],
    [99, 0.5],
  ] as const) {
    method.attempted(code, seconds);
  }
  const [together, alone] = [{}, {}];
  const target = store.channels.target('dns:a:1');
  target.add(
    () => 'READY',
    () => [together],
  );
  target.add(
    () => 'READY',
    () => [together, alone],
  );
  target.add(() => 'IDLE');
  const found = seriesOf(basic.client.project(store).collect());
  const ended = (found.grpc_client_request_attempts_total as { labels: { status: string }; value: number }[])
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => [labels.status, value]);
  expect(ended).toEqual([
    ['OK', 1],
    ['UNKNOWN', 1],
    ['UNAVAILABLE', 2],
  ]);
  const labels = { method: '/a.B/C' };
  expect(found.grpc_client_request_attempt_duration_seconds).toMatchObject([
    { labels, bounds: [1], buckets: [3, 1], sum: 3.25, created: 1_700_000_000 },
  ]);
  // Of the calls that they were part of nothing is known here.
  expect(found.grpc_client_request_duration_seconds).toMatchObject([{ labels, buckets: [0, 0], sum: 0 }]);
  expect(found.grpc_client_active_connections).toEqual([{ labels: { target: 'dns:a:1' }, value: 2 }]);
});

test('a target has a series for each state', () => {
  const store = new ClientStore(new Faults());
  const target = store.channels.target('dns:a:1');
  target.add(() => 'READY');
  target.entered('CONNECTING');
  target.entered('READY');
  const found = seriesOf(basic.client.project(store).collect());
  const series = (values: number[]) =>
    ['IDLE', 'CONNECTING', 'READY', 'TRANSIENT_FAILURE'].map((state, index) => ({
      labels: { target: 'dns:a:1', state },
      value: values[index],
    }));
  expect(found.grpc_client_channels).toEqual(series([0, 0, 1, 0]));
  expect(found.grpc_client_channel_transitions_total).toEqual(series([0, 1, 1, 0]));
});
