import * as grpc from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { GrpcMetrics } from './metrics.ts';
import { grpcServerOptions } from './nestjs.ts';

const passOn: grpc.ServerInterceptor = (_method, call) => new grpc.ServerInterceptingCall(call);

test("the user's options stay as they are, and ours come before the user's", () => {
  const metrics = new GrpcMetrics();
  const interceptors = [passOn];
  const channelOptions = { 'grpc.max_concurrent_streams': 5, interceptors };
  const onLoadPackageDefinition = vi.fn();
  const given = { package: 'shop.v1', url: 'localhost:1', channelOptions, onLoadPackageDefinition };
  const before = { ...given, channelOptions: { ...channelOptions } };
  const { channelOptions: own, ...rest } = grpcServerOptions(metrics, given);
  expect(given).toEqual(before);
  expect(interceptors).toEqual([passOn]);
  expect(rest).toMatchObject({ package: 'shop.v1', url: 'localhost:1' });
  expect(own).toEqual({
    'grpc.max_concurrent_streams': 5,
    interceptors: [metrics.serverInterceptor(), passOn],
  });
});

test("the server is instrumented before the user's onLoadPackageDefinition", () => {
  const server = new grpc.Server();
  const seen: unknown[][] = [];
  const onLoadPackageDefinition = (...more: unknown[]) => void seen.push([...more, Object.hasOwn(server, 'register')]);
  const options = grpcServerOptions(new GrpcMetrics(), { package: 'shop.v1', onLoadPackageDefinition });
  options.onLoadPackageDefinition('the package', server);
  expect(seen).toEqual([['the package', server, true]]);
});

const mistakes: [name: string, call: () => unknown, message: string][] = [
  ['no GrpcMetrics', () => grpcServerOptions({} as GrpcMetrics, { package: 'a' }), 'metrics must be a GrpcMetrics'],
  [
    'no options',
    () => grpcServerOptions(new GrpcMetrics(), undefined as never),
    'grpcServerOptions() takes the options of a gRPC microservice, such as { package, protoPath }, not undefined',
  ],
];
test.each(mistakes)('%s is refused', (_name, call, message) => {
  expect(call).toThrow(expect.objectContaining({ code: 'invalid_option', message: expect.stringContaining(message) }));
});
