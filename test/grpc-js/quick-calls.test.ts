import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Http2Server, ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { type Grpc, versions } from '../support/grpc-js/fixture.ts';
import { service } from '../support/service.ts';

// biome-ignore lint/suspicious/noExplicitAny: the calls of two versions of grpc-js
type Any = any;

/** The listeners that the stream of a unary call has for its end while its handler runs. */
async function listenersOfCall(grpc: Grpc, metrics: GrpcMetrics | undefined): Promise<number> {
  const streams: ServerHttp2Stream[] = [];
  const listening = (message: unknown) => {
    (message as { server: Http2Server }).server.on('stream', (stream: ServerHttp2Stream) => streams.push(stream));
  };
  subscribe('tracing:net.server.listen:asyncStart', listening);
  const server = new grpc.Server();
  metrics?.instrument(server);
  let found = 0;
  const Unary = (_call: Any, callback: Any) => {
    found = streams.reduce((sum, stream) => sum + stream.listenerCount('close'), 0);
    callback(null, Buffer.from('reply'));
  };
  server.addService(service, { Unary });
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, bound) => resolve(bound));
  });
  unsubscribe('tracing:net.server.listen:asyncStart', listening);
  const Client = grpc.makeGenericClientConstructor(service, 'Endings');
  const client: Any = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  try {
    await new Promise((resolve) => client.Unary(Buffer.from('x'), resolve));
    return found;
  } finally {
    client.close();
    server.forceShutdown();
  }
}

test.each(versions)(
  'grpc-js %s: a call that nothing stands before needs no listener on its stream',
  async (_name, grpc) => {
    const bare = await listenersOfCall(grpc, undefined);
    expect(bare).toBeGreaterThan(0);
    expect(await listenersOfCall(grpc, new GrpcMetrics())).toBe(bare);
  },
);
