import * as newest from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { type CallStart, type FinishedCall, GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { details, expectDetails } from '../support/call-details.ts';
import { bidi, clientStream, serverStream, unary } from '../support/grpc-js/calls.ts';
import { Fixture, type Handlers, type Mode, type Setup, versions } from '../support/grpc-js/fixture.ts';
import { value as sumOf } from '../support/metric-value.ts';
import { frame } from '../support/raw-client.ts';
import { until } from '../support/wait.ts';

const path = '/test.v1.Endings/';
const handlers: Handlers = {
  Unary: (call, callback) => callback(null, Buffer.alloc(call.request.length * 2)),
  ServerStream: (call) => {
    setTimeout(() => {
      call.write(Buffer.alloc(100));
      call.write(Buffer.alloc(20));
      call.end();
    }, 60);
  },
  ClientStream: (call, callback) => {
    call.on('data', () => {});
    call.on('end', () => callback(null, Buffer.alloc(7)));
  },
  Bidi: (call) => {
    call.on('data', () => {});
    call.on('end', () => call.end());
  },
};

let fixtures: Fixture[] = [];
afterEach(async () => {
  for (const fixture of fixtures) await fixture.stop();
  fixtures = [];
});

async function start(grpc: typeof newest, mode: Mode, setup: Setup = { handlers }): Promise<Fixture> {
  const fixture = await Fixture.start(grpc, mode, setup);
  fixtures.push(fixture);
  return fixture;
}

async function ended(fixture: Fixture, calls: number): Promise<void> {
  await until(
    () => fixture.durations() === calls && fixture.inFlight() === 0,
    () => `${fixture.durations()} of ${calls} calls have ended`,
  );
}

/** Bytes that were received and sent, by method; only of methods that have a series. */
function bytes(
  { metrics }: { metrics: GrpcMetrics },
  side = 'grpc_',
): Record<string, [received: number, sent: number]> {
  const of = (name: string) => {
    const family = metrics.collect().find((one) => one.name === `${side}messages_${name}_bytes_total`);
    if (family?.type !== 'counter') throw new Error(`no bytes ${name}`);
    return new Map(family.series.map(({ labels, value }) => [labels.method!.replace(path, ''), value]));
  };
  const sent = of('sent');
  return Object.fromEntries(Array.from(of('received'), ([method, value]) => [method, [value, sent.get(method)!]]));
}

/** How many first messages there were, and the seconds to them, by method; only of methods that have a series. */
function firsts({ metrics }: { metrics: GrpcMetrics }, side = 'grpc_'): Record<string, [count: number, sum: number]> {
  const family = metrics.collect().find(({ name }) => name === `${side}time_to_first_message_seconds`);
  if (family?.type !== 'histogram') throw new Error('no times to the first message');
  return Object.fromEntries(
    family.series.map(({ labels, buckets, sum }) => [
      labels.method!.replace(path, ''),
      [Array.from(buckets).reduce((total, count) => total + count, 0), sum],
    ]),
  );
}

const compressed: newest.ClientOptions = { 'grpc.default_compression_algorithm': newest.compressionAlgorithms.gzip };

for (const [version, grpc] of versions) {
  describe(`grpc-js ${version}`, () => {
    test("a server's bytes are those of its methods' messages", async () => {
      const fixture = await start(grpc, 'instrument');
      expect(bytes(fixture)).toEqual({ Unary: [0, 0], ServerStream: [0, 0], ClientStream: [0, 0], Bidi: [0, 0] });
      const client = fixture.client();
      for (const size of [1, 300]) expect(await unary(client, { message: Buffer.alloc(size) })).toBe(0);
      expect(await serverStream(client, { message: Buffer.alloc(5) }).code).toBe(0);
      const { call, code } = clientStream(client);
      for (const size of [10, 200, 3000, 40_000]) call.write(Buffer.alloc(size));
      call.end();
      expect(await code).toBe(0);
      await ended(fixture, 4);
      expect(bytes(fixture)).toEqual({
        Unary: [301, 602],
        ServerStream: [5, 120],
        ClientStream: [43_210, 7],
        Bidi: [0, 0],
      });
    });

    test('messages that come in one piece have their own sizes', async () => {
      const fixture = await start(grpc, 'instrument');
      const client = await fixture.raw();
      const body = Buffer.concat([1, 20, 300].map((size) => frame(Buffer.alloc(size))));
      expect(await client.call('ClientStream', body)).toEqual({ status: 0 });
      await ended(fixture, 1);
      expect(bytes(fixture).ClientStream).toEqual([321, 7]);
      expect(fixture.sum('grpc_messages_received_total')).toBe(3);
    });

    test('sizes are before compression, on both sides', async () => {
      const fixture = await start(grpc, 'instrument');
      const metrics = new GrpcMetrics();
      const options = metrics.clientOptions(compressed);
      const client = new grpc.Client(`127.0.0.1:${fixture.port}`, grpc.credentials.createInsecure(), options);
      const identity = (message: Buffer) => message;
      const request = Buffer.alloc(50_000);
      const reply = await new Promise<Buffer>((resolve, reject) => {
        client.makeUnaryRequest(`${path}Unary`, identity, identity, request, (error, message) =>
          error ? reject(error) : resolve(message!),
        );
      });
      client.close();
      expect(reply).toHaveLength(100_000);
      await ended(fixture, 1);
      expect(bytes(fixture).Unary).toEqual([50_000, 100_000]);
      expect(bytes({ metrics }, 'grpc_client_').Unary).toEqual([100_000, 50_000]);
    });

    test('what is not written or not read does not count', async () => {
      const setup: Setup = {
        handlers: { ...handlers, ServerStream: (call) => call.write(Buffer.from([0xfe])) },
        options: { 'grpc.max_send_message_length': 100 },
      };
      const fixture = await start(grpc, 'instrument', setup);
      const client = fixture.client();
      expect(await unary(client, { message: Buffer.alloc(51) })).toBe(8); // the response is too large
      expect(await unary(client, { message: Buffer.from([0xff, 1, 2]) })).toBe(13); // does not parse
      expect(await serverStream(client).code).toBe(13); // does not serialize
      await ended(fixture, 3);
      expect(bytes(fixture)).toMatchObject({ Unary: [51, 0], ServerStream: [1, 0] });
    });

    test.each(['interceptor', 'second interceptor'] as const)(
      '%s: no sizes are seen, so there are none',
      async (mode) => {
        const fixture = await start(grpc, mode);
        expect(await unary(fixture.client())).toBe(0);
        await ended(fixture, 1);
        expect(fixture.sum('grpc_messages_received_total')).toBe(1);
        expect(bytes(fixture)).toEqual({});
      },
    );

    test.each(['instrument', 'interceptor'] as const)(
      '%s: the time to the first response, of what streams',
      async (mode) => {
        const fixture = await start(grpc, mode);
        const client = fixture.client();
        expect(firsts(fixture)).toEqual(mode === 'instrument' ? { ServerStream: [0, 0], Bidi: [0, 0] } : {});
        expect(await unary(client)).toBe(0);
        expect(await serverStream(client).code).toBe(0);
        const upload = clientStream(client);
        upload.call.end();
        expect(await upload.code).toBe(0);
        const silent = bidi(client);
        silent.call.end();
        expect(await silent.code).toBe(0);
        await ended(fixture, 4);
        const [count, sum] = firsts(fixture).ServerStream!;
        expect(count).toBe(1);
        expect(sum).toBeGreaterThan(0.05);
        expect(sum).toBeLessThan(5);
        expect(Object.keys(firsts(fixture))).toEqual(['ServerStream', 'Bidi']);
        expect(firsts(fixture).Bidi).toEqual([0, 0]);
      },
    );

    test("a client's time to the first response", async () => {
      const fixture = await start(grpc, 'instrument');
      const metrics = new GrpcMetrics();
      const options = metrics.clientOptions();
      const client = new grpc.Client(`127.0.0.1:${fixture.port}`, grpc.credentials.createInsecure(), options);
      const identity = (message: Buffer) => message;
      const call = client.makeServerStreamRequest(`${path}ServerStream`, identity, identity, Buffer.from('x'));
      await new Promise((resolve) => call.on('data', () => {}).on('end', resolve));
      await new Promise((resolve) => {
        client.makeUnaryRequest(`${path}Unary`, identity, identity, Buffer.from('x'), resolve);
      });
      client.close();
      const { ServerStream, ...others } = firsts({ metrics }, 'grpc_client_');
      expect(others).toEqual({});
      expect(ServerStream![0]).toBe(1);
      expect(ServerStream![1]).toBeGreaterThan(0.05);
      expect(ServerStream![1]).toBeLessThan(5);
    });
  });
}

/** Answers go on later; `change` is what becomes of a message. */
function holdBack(change: (message: Buffer) => Buffer): newest.ServerInterceptor {
  return (_method, call) =>
    new newest.ServerInterceptingCall(call, {
      sendMessage: (message, next) => void setTimeout(() => next(change(message as Buffer)), 20),
      sendStatus: (status, next) => void setTimeout(() => next(status), 60),
    });
}

function callOfAcme(fixture: Fixture, size: number): Promise<unknown> {
  const metadata = new newest.Metadata();
  metadata.set('x-tenant', 'acme');
  const client = fixture.client();
  return new Promise((resolve) => client.Unary!(Buffer.alloc(size), metadata, resolve));
}

const labelled = { tenant: { from: ({ metadata }: CallStart) => metadata.get('x-tenant') } };
const lost: [name: string, metrics: GrpcMetricsOptions][] = [
  ['without labels', { details }],
  ['with labels', { details, callLabels: labelled }],
];
describe.each(lost)('an interceptor nearer the wire that holds a response back, %s', (_name, metrics) => {
  test('does not change the bytes', async () => {
    const credentialsInterceptors = [holdBack((message) => message)];
    const fixture = await start(newest, 'instrument', { handlers, credentialsInterceptors, metrics });
    const told: FinishedCall[] = [];
    fixture.metrics.onCallEnd((call) => told.push(call));
    const sizes = [4, 11];
    await Promise.all(sizes.map((size) => callOfAcme(fixture, size)));
    await ended(fixture, sizes.length);
    expect(bytes(fixture).Unary).toEqual([15, 30]);
    expectDetails(fixture.metrics, 'grpc');
    const ofCalls = metrics.callLabels === undefined ? {} : { tenant: 'acme' };
    expect(sumOf(fixture.metrics, 'grpc_messages_sent_bytes_total', ofCalls)).toBe(30);
    await until(
      () => told.length === sizes.length,
      () => `${told.length} told`,
    );
    expect(new Set(told.map(({ bytesSent }) => bytesSent))).toEqual(new Set([8, 22]));
  });

  test('and is too large to be written, does not count', async () => {
    const fixture = await start(newest, 'instrument', {
      handlers,
      options: { 'grpc.max_send_message_length': 10 },
      credentialsInterceptors: [holdBack((message) => message)],
      metrics,
    });
    expect(await unary(fixture.client(), { message: Buffer.alloc(6) })).toBe(8);
    await ended(fixture, 1);
    expect(bytes(fixture).Unary).toEqual([6, 0]);
    expectDetails(fixture.metrics, 'grpc');
  });

  test('and makes another of it, does not lose the bytes', async () => {
    const credentialsInterceptors = [holdBack((message) => Buffer.concat([message, message]))];
    const fixture = await start(newest, 'instrument', { handlers, credentialsInterceptors, metrics });
    await callOfAcme(fixture, 4);
    await ended(fixture, 1);
    expect(fixture.sum('grpc_messages_sent_bytes_total')).toBe(16);
  });
});
