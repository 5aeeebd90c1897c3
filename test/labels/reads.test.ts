import * as newest from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import type { Listener } from '../../src/adapters/grpc-js/types.ts';
import { type CallStart, GrpcMetrics } from '../../src/index.ts';
import { rawServer } from '../support/backends.ts';
import { bidi, clientStream, serverStream, unary } from '../support/grpc-js/calls.ts';
import { Fixture, type Grpc, type Setup, versions } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { ignoreRejections } from '../support/rejections.ts';
import { until } from '../support/wait.ts';

ignoreRejections();

let stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops) await stop();
  stops = [];
});

/** A label that counts how often it is read, and the paths of whom. */
function counting() {
  const reads: string[] = [];
  const from = ({ path }: CallStart) => {
    reads.push(path);
    return `read ${reads.length}`;
  };
  return { reads, labels: { time: { from } } };
}

const reply = Buffer.from('reply');
const handlers: Setup['handlers'] = {
  Unary: (_call, callback) => callback(null, reply),
  ServerStream: (call) => {
    for (let count = 0; count < 3; count += 1) call.write(reply);
    call.end();
  },
  ClientStream: (call, callback) => {
    call.on('data', () => {});
    call.on('end', () => callback(null, reply));
  },
  Bidi: (call) => {
    call.on('data', (message: Buffer) => call.write(message));
    call.on('end', () => call.end());
  },
};
const reject = async () => {
  throw new RangeError('a bug');
};
const rejecting: Setup['handlers'] = { Unary: reject, ServerStream: reject, ClientStream: reject, Bidi: reject };
/** Changes what labels may be read from, before it rejects. */
const rewriting: Setup['handlers'] = {
  Unary: async (call) => {
    call.metadata.set('x-tenant', 'somebody else');
    await Promise.resolve();
    return reject();
  },
};

const refusal = { code: newest.status.PERMISSION_DENIED, details: 'not you', metadata: null };
/** An interceptor that does `start` its own way. */
function starting(start: (call: newest.ServerInterceptingCallInterface, listener: never) => void) {
  const interceptor = (_method: unknown, call: newest.ServerInterceptingCallInterface): object =>
    Object.assign(Object.create(call) as object, { start: (listener: never) => start(call, listener) });
  return interceptor as newest.ServerInterceptor;
}
const refuseInStart = starting((call) => call.sendStatus(refusal));
const refuseLater = starting((call) =>
  call.start({
    onReceiveMetadata: () => call.sendStatus(refusal),
    onReceiveMessage: () => {},
    onReceiveHalfClose: () => {},
    onCancel: () => {},
  }),
);
const startLater = starting((call, listener) => void setTimeout(() => call.start(listener), 30));

/** Gives the handler other metadata than the call came with. */
function withOtherMetadata(grpc: Grpc, listener: Listener): object {
  const metadata = new grpc.Metadata();
  metadata.set('x-tenant', 'of an interceptor');
  return {
    onReceiveMetadata: () => listener.onReceiveMetadata(metadata),
    onReceiveMessage: (message: unknown) => listener.onReceiveMessage(message),
    onReceiveHalfClose: () => listener.onReceiveHalfClose(),
    onCancel: () => listener.onCancel(),
  };
}

type Drive = (fixture: Fixture) => Promise<unknown>;
const one: Drive = (fixture) => unary(fixture.client(), { deadline: 300 });
const each: Drive = async (fixture) => {
  const client = fixture.client();
  const upload = clientStream(client, { deadline: 300 });
  const both = bidi(client, { deadline: 300 });
  for (const { call } of [upload, both]) {
    for (let count = 0; count < 3; count += 1) call.write(reply);
    call.end();
  }
  await Promise.all([one(fixture), serverStream(client, { deadline: 300 }).code, upload.code, both.code]);
};

const served: [name: string, setup: Setup, drive: Drive, calls: number, reads: number][] = [
  ['of each type', { handlers }, each, 4, 4],
  ['whose handlers reject', { handlers: rejecting }, each, 4, 4],
  ['whose handler rejects and has changed the metadata', { handlers: rewriting }, one, 1, 1],
  ['that wait for an interceptor', { handlers: rejecting, interceptors: [startLater] }, each, 4, 4],
  ['that are refused when their metadata is there', { handlers, interceptors: [refuseLater] }, each, 4, 4],
  ['that are refused before', { handlers, interceptors: [refuseInStart] }, each, 4, 0],
  ['of methods that are not there', {}, each, 4, 4],
  ['that are excluded', { handlers, metrics: { exclude: ['test.v1.Endings'] } }, each, 0, 0],
];
for (const [version, grpc] of versions) {
  test.each(served)(
    `grpc-js ${version}, labels of a server's calls %s`,
    async (_name, setup, drive, calls, expected) => {
      const { reads, labels } = counting();
      const fixture = await Fixture.start(grpc, 'instrument', {
        ...setup,
        metrics: { ...setup.metrics, callLabels: labels },
      });
      stops.push(() => fixture.stop());
      await drive(fixture);
      await until(
        () => fixture.sum('grpc_requests_total') === calls && fixture.inFlight() === 0,
        () => `${fixture.sum('grpc_requests_total')} of ${calls} calls`,
      );
      expect(reads).toHaveLength(expected);
      const rejected = fixture.sum('grpc_handler_rejections_total');
      const isRejecting = setup.handlers !== undefined && setup.handlers !== handlers;
      expect(rejected).toBe(isRejecting ? calls : 0);
      for (const label of reads.keys()) {
        const time = `read ${label + 1}`;
        expect(value(fixture.metrics, 'grpc_requests_total', { time })).toBe(1);
        if (isRejecting) expect(value(fixture.metrics, 'grpc_handler_rejections_total', { time })).toBe(1);
      }
    },
  );

  test(`grpc-js ${version}, a handler that was given other metadata and rejects has the labels of those`, async () => {
    const interceptors = [starting((call, listener) => call.start(withOtherMetadata(grpc, listener) as never))];
    const labels = { tenant: { from: ({ metadata }: CallStart) => metadata.get('x-tenant') } };
    const fixture = await Fixture.start(grpc, 'instrument', {
      handlers: rejecting,
      interceptors,
      metrics: { callLabels: labels },
    });
    stops.push(() => fixture.stop());
    await one(fixture);
    expect(value(fixture.metrics, 'grpc_handler_rejections_total', { tenant: 'of an interceptor' })).toBe(1);
    expect(fixture.sum('grpc_handler_rejections_total')).toBe(1);
  });

  test.each([
    [false, 1],
    [true, 1 + 3],
  ])(
    `grpc-js ${version}, labels of a client's call that is retried twice, attempts: %s`,
    async (attempts, expected) => {
      const { reads, labels } = counting();
      const metrics = new GrpcMetrics({ callLabels: labels, client: { attempts } });
      expect(await retriedTwice(grpc, metrics)).toBe(0);
      expect(value(metrics, 'grpc_client_retries_total', { time: 'read 1' })).toBe(2);
      expect(reads).toHaveLength(expected);
    },
  );
}

/** A unary call that is unavailable twice; its status. */
async function retriedTwice(grpc: Grpc, metrics: GrpcMetrics): Promise<number> {
  const backend = await rawServer((stream, _headers, attempt) => {
    const headers = { ':status': 200, 'content-type': 'application/grpc' };
    if (attempt <= 2) {
      stream.respond({ ...headers, 'grpc-status': '14' }, { endStream: true });
      return;
    }
    stream.respond({ ...headers, 'grpc-previous-rpc-attempts': String(attempt - 1) }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.from([0, 0, 0, 0, 1, 120]));
  });
  const retryPolicy = {
    maxAttempts: 4,
    initialBackoff: '0.01s',
    maxBackoff: '0.01s',
    backoffMultiplier: 1,
    retryableStatusCodes: ['UNAVAILABLE'],
  };
  const client = new grpc.Client(
    backend.address,
    grpc.credentials.createInsecure(),
    metrics.clientOptions({
      'grpc.service_config': JSON.stringify({ methodConfig: [{ name: [{}], retryPolicy }], loadBalancingConfig: [] }),
    }),
  );
  stops.push(
    () => client.close(),
    () => backend.close(),
  );
  const identity = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest('/a.B/C', identity, identity, reply, (error) => resolve(error?.code ?? 0));
  });
}
