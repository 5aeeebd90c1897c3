import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import * as grpc from '@grpc/grpc-js';
import type * as prom from 'prom-client';
import { GrpcMetrics } from '../../src/index.ts';

/** What the types of one of the libraries lack. */
interface Library {
  readonly Registry: typeof prom.Registry;
  readonly AggregatorRegistry: (new () => { clusterMetrics(): Promise<string> }) & {
    setRegistries(registries: readonly object[]): void;
  };
}

const methods: grpc.ServiceDefinition = {
  echo: {
    path: '/test.v1.Echo/Echo',
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: Buffer) => message,
    requestDeserialize: (message: Buffer) => message,
    responseSerialize: (message: Buffer) => message,
    responseDeserialize: (message: Buffer) => message,
  },
};

/**
 * A cluster of two workers, each with a gRPC server of its own that gets as many calls as the worker's number says.
 * Prints what the primary's endpoint answers. The argument is the library that puts the workers' metrics together.
 */
const library = (await import(process.argv[2]!)) as Library; // one of the two
if (cluster.isPrimary) await primary();
else await worker();

async function primary(): Promise<void> {
  const aggregator = new library.AggregatorRegistry();
  const workers = [1, 2].map((calls) => cluster.fork({ CALLS: String(calls) }));
  await Promise.all(workers.map(isReady));
  const server = createServer((_request, response) => {
    void aggregator.clusterMetrics().then((text) => response.end(text));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number }; // it listens
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(10_000) });
  process.stdout.write(await answer.text());
  server.close();
  server.closeAllConnections();
  for (const one of workers) one.kill();
}

/** The libraries send messages of their own; ours is text. */
function isReady(one: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a worker is not ready after 20 s')), 20_000);
    one.on('message', (message: unknown) => {
      if (message !== 'ready') return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function worker(): Promise<void> {
  const registry = new library.Registry();
  library.AggregatorRegistry.setRegistries([registry]);
  // The successor's workers are known to the primary by this.
  void new library.AggregatorRegistry();
  const server = new grpc.Server();
  const metrics = new GrpcMetrics({ service: { name: 'shop', version: '1' } })
    .instrument(server)
    .registerInto(registry);
  server.addService(methods, {
    echo: (call: grpc.ServerUnaryCall<Buffer, Buffer>, answer: grpc.sendUnaryData<Buffer>) =>
      answer(null, call.request),
  });
  const size = metrics.gauge({ name: 'largest_bytes', help: 'Largest' });
  size.set(Number(process.env.CALLS));
  const credentials = grpc.ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const copy = (message: Buffer) => message;
  for (let call = 0; call < Number(process.env.CALLS); call += 1) {
    await new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest('/test.v1.Echo/Echo', copy, copy, Buffer.from('x'), (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }
  process.send!('ready');
}
