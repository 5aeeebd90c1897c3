import type { AddressInfo, Server as NetServer } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import type { INestMicroservice, ModuleMetadata, Type } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { GrpcMetrics } from '../../../src/index.ts';
import { grpcServerOptions } from '../../../src/nestjs.ts';
import { type MethodName, service } from '../service.ts';
import type { NestHandler } from './behaviours.ts';
import type { NestPackages } from './packages.ts';

/** Options of a microservice that serves `test.v1.Endings` on a free port of the loopback, and its server once it is bound. */
export class Microservice {
  readonly options: ReturnType<typeof observedOptions>;
  #server: Server | undefined;

  constructor(metrics: GrpcMetrics, more: object = {}) {
    this.options = observedOptions(metrics, more, (server) => {
      this.#server = server;
    });
  }

  /** The server of grpc-js that NestJS has made. */
  get server(): Server {
    return this.#server!;
  }

  /** NestJS does not say which free port it got. */
  get port(): number {
    const { http2Servers } = this.server as unknown as { http2Servers: Map<NetServer, unknown> };
    const [http2Server] = http2Servers.keys();
    return (http2Server!.address() as AddressInfo).port; // it listens on TCP
  }
}

function observedOptions(metrics: GrpcMetrics, more: object, made: (server: Server) => void) {
  return grpcServerOptions(metrics, {
    package: 'test.v1',
    packageDefinition: { 'test.v1.Endings': service },
    url: '127.0.0.1:0',
    gracefulShutdown: true,
    ...more,
    onLoadPackageDefinition: (_package: unknown, server: Server) => made(server),
  });
}

/** A controller with this one method of `test.v1.Endings`, decorated so. Without a handler it has none. */
export function controllerOf(
  { common, microservices }: NestPackages,
  name: MethodName,
  handler: NestHandler | undefined,
  decorators: readonly MethodDecorator[] = [],
): Type<object> {
  class Endings {}
  common.Controller()(Endings);
  if (handler === undefined) return Endings;
  const decorator = service[name].requestStream ? microservices.GrpcStreamMethod : microservices.GrpcMethod;
  // NestJS keeps the metadata of decorators on the function, so that each controller needs its own.
  const method: NestHandler = (...given) => handler(...given);
  const descriptor = { value: method, configurable: true };
  decorator('Endings', name)(Endings.prototype, name, descriptor); // may replace the value
  Object.defineProperty(Endings.prototype, name, descriptor);
  for (const decorate of decorators) decorate(Endings.prototype, name, descriptor);
  return Endings;
}

/** The root module of an application. */
export function rootModule({ common }: Pick<NestPackages, 'common'>, metadata: ModuleMetadata): Type<object> {
  class AppModule {}
  common.Module(metadata)(AppModule);
  return AppModule;
}

/** Starts a microservice with this root module. */
export async function startMicroservice(
  { core, microservices }: NestPackages,
  root: Type<object>,
  { options }: Microservice,
): Promise<INestMicroservice> {
  const transport = microservices.Transport.GRPC;
  const app = await core.NestFactory.createMicroservice<MicroserviceOptions>(root, {
    transport,
    options,
    logger: false,
  });
  await app.listen();
  return app;
}
