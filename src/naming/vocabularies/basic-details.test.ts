import { expect, test } from 'vitest';
import { collected } from '../../../test/support/collected.ts';
import { Faults } from '../../rpc/faults.ts';
import type { ChosenDetails } from '../../rpc/methods/details.ts';
import { MethodBounds } from '../../rpc/methods/method-bounds.ts';
import type { GrpcMethodType } from '../../rpc/methods/method-type.ts';
import { ServerStore } from '../../rpc/server-store.ts';
import { basic } from './basic.ts';

const clock = { milliseconds: 1000 };

/** A store with a method of each of these types, named after it. */
function storeWith(details: ChosenDetails, ...types: GrpcMethodType[]): ServerStore {
  const buckets = [1, 10, 100]; // as of requests and of streams together
  const store = new ServerStore(new Faults(), { details, buckets, clock: () => clock.milliseconds });
  for (const type of types) store.declare(`/a.B/${type}`, type);
  return store;
}

function familiesOf(store: ServerStore) {
  const families = collected(basic.server.project(store, { bounds: new MethodBounds([1, 10]) }));
  return Object.fromEntries(families.map((family) => [family.name, family]));
}

function values(store: ServerStore, name: string): Record<string, unknown> {
  return Object.fromEntries(
    familiesOf(store)[name]!.series.map((series) => [
      series.labels.method!.slice('/a.B/'.length),
      'value' in series ? series.value : 'buckets' in series && series.buckets,
    ]),
  );
}

test('nothing that was not asked for is there', () => {
  const names = (details: ChosenDetails) => Object.keys(familiesOf(storeWith(details, 'bidi_stream')));
  const usual = names({});
  const added = (details: ChosenDetails) => names(details).filter((name) => !usual.includes(name));
  expect(added({ messageSizes: [1] })).toEqual(['grpc_message_received_size_bytes', 'grpc_message_sent_size_bytes']);
  expect(added({ streamMessages: [1] })).toEqual(['grpc_stream_messages_received', 'grpc_stream_messages_sent']);
  expect(added({ streamDurations: [1] })).toEqual(['grpc_stream_duration_seconds']);
  expect(added({ deadlines: [1] })).toEqual(['grpc_deadline_left_seconds', 'grpc_requests_without_deadline_total']);
});

test('open streams and the age of the oldest, of methods that stream alone', () => {
  const store = storeWith({}, 'unary', 'client_stream', 'server_stream', 'bidi_stream');
  const method = store.method('/a.B/server_stream')!;
  const begin = (): { startedAt: number } => {
    const call = { startedAt: clock.milliseconds };
    method.openStreams!.add(call);
    return call;
  };
  const first = begin();
  clock.milliseconds += 3000;
  begin();
  clock.milliseconds += 500;
  const others = { client_stream: 0, bidi_stream: 0 };
  expect(values(store, 'grpc_open_streams')).toEqual({ server_stream: 2, ...others });
  expect(values(store, 'grpc_oldest_stream_age_seconds')).toEqual({ server_stream: 3.5, ...others });
  method.openStreams!.delete(first);
  expect(values(store, 'grpc_oldest_stream_age_seconds')).toEqual({ server_stream: 0.5, ...others });
  clock.milliseconds -= 10_000; // a clock that is wrong gives no age below 0
  expect(values(store, 'grpc_oldest_stream_age_seconds')).toEqual({ server_stream: 0, ...others });
});

test('streams have their durations apart, each with its own bounds', () => {
  const store = storeWith({ streamDurations: [100] }, 'unary', 'bidi_stream');
  for (const type of ['unary', 'bidi_stream']) {
    const method = store.method(`/a.B/${type}`)!;
    for (const seconds of [0.5, 5, 50, 500]) method.finish(0, seconds);
  }
  expect(values(store, 'grpc_request_duration_seconds')).toEqual({ unary: [1, 1, 2] });
  expect(values(store, 'grpc_stream_duration_seconds')).toEqual({ bidi_stream: [3, 1] });
});

test('sizes are there where they are seen', () => {
  const store = storeWith({ messageSizes: [10] }, 'unary', 'bidi_stream');
  store.method('/a.B/unary')!.isMeasured = true;
  for (const type of ['unary', 'bidi_stream']) store.method(`/a.B/${type}`)!.received(7);
  expect(values(store, 'grpc_message_received_size_bytes')).toEqual({ unary: [1, 0] });
});

test('handlers that rejected', () => {
  const store = storeWith({}, 'unary', 'bidi_stream');
  store.method('/a.B/unary')!.rejections = 3;
  expect(values(store, 'grpc_handler_rejections_total')).toEqual({ unary: 3, bidi_stream: 0 });
});
