import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createFileRegistry, fromJson } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, file_google_protobuf_wrappers } from '@bufbuild/protobuf/wkt';
import type { ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { instrumentHttp2Server, instrumentRoutes } from '../src/connect.ts';
import { GrpcMetrics } from '../src/metrics.ts';
import { reply, reportTo } from './frameworks-server.ts';

const [, , contender = ''] = process.argv;
const metrics = new GrpcMetrics();

const bytes = '.google.protobuf.BytesValue';
const file = fromJson(FileDescriptorProtoSchema, {
  name: 'bench.proto',
  package: 'bench.v1',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [{ name: 'Bench', method: [{ name: 'Unary', inputType: bytes, outputType: bytes }] }],
});
const Bench = createFileRegistry(file, () => file_google_protobuf_wrappers.proto).getService('bench.v1.Bench')!;

const answer = { value: new Uint8Array(reply) };
const options = {
  routes: (router: ConnectRouter): unknown => router.service(Bench, { unary: () => answer } as object), // it has no types
};
const adapters: Readonly<Record<string, () => ReturnType<typeof connectNodeAdapter>>> = {
  bare: () => connectNodeAdapter(options),
  'an interceptor of Connect that does nothing': () =>
    connectNodeAdapter({ ...options, interceptors: [(next) => (request) => next(request)] }),
  'grpc-vitals/connect': () => connectNodeAdapter(instrumentRoutes(metrics, options)),
};
const server = createServer(adapters[contender]!());
if (contender === 'grpc-vitals/connect') instrumentHttp2Server(metrics, server);
server.listen(0, '127.0.0.1', () => reportTo(process, (server.address() as AddressInfo).port)); // it listens on TCP
