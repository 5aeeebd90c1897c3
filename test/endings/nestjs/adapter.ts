import * as grpc from '@grpc/grpc-js';
import { GrpcVitalsModule } from '../../../src/nestjs.ts';
import { GrpcJsClient } from '../../support/grpc-js/client.ts';
import { controllerOf, Microservice, rootModule, startMicroservice } from '../../support/nestjs/application.ts';
import { behaviours } from '../../support/nestjs/behaviours.ts';
import type { NestPackages } from '../../support/nestjs/packages.ts';
import type { Adapter, Limits } from '../adapter.ts';
import { differences, oldest } from './differences.ts';
import { interceptors } from './interceptors.ts';

const ownConnection = { 'grpc.use_local_subchannel_pool': 1 };

/** One version of NestJS under the contract of endings. Its clients are those of grpc-js. */
export function nestJs(nest: NestPackages): Adapter {
  return {
    name: `NestJS ${nest.version}`,
    seesExceptions: true,
    differences: [...differences, ...(nest.grpcVersion.startsWith('1.10.') ? oldest : [])],
    async start({ method, handler, interceptor, limits = {} }, metrics, tooLate) {
      const useValue = interceptor && interceptors(nest, tooLate)[interceptor];
      const root = rootModule(nest, {
        imports: [GrpcVitalsModule.forRoot({ metrics, expose: false })],
        controllers: [controllerOf(nest, method, handler && behaviours(nest, tooLate)[handler])],
        providers: useValue === undefined ? [] : [{ provide: nest.core.APP_INTERCEPTOR, useValue }],
      });
      const microservice = new Microservice(metrics, serverOptions(limits));
      const app = await startMicroservice(nest, root, microservice);
      const { port, server } = microservice;
      const clients: GrpcJsClient[] = [];
      return {
        port,
        client: () => {
          const client = new GrpcJsClient(grpc, 'new Client', `127.0.0.1:${port}`, ownConnection);
          clients.push(client);
          return client;
        },
        shutDown: () => app.close(),
        kill: () => server.forceShutdown(),
        stop: () => {
          for (const client of clients) client.close();
          server.forceShutdown();
          return app.close();
        },
      };
    },
  };
}

/** The options of a microservice that has these limits. */
export function serverOptions(limits: Limits): object {
  const { maxReceiveBytes, maxSendBytes, maxConnectionAgeSeconds, maxConnectionAgeGraceSeconds } = limits;
  return {
    ...(maxReceiveBytes && { maxReceiveMessageLength: maxReceiveBytes }),
    ...(maxSendBytes && { maxSendMessageLength: maxSendBytes }),
    channelOptions: {
      ...(maxConnectionAgeSeconds && { 'grpc.max_connection_age_ms': maxConnectionAgeSeconds * 1000 }),
      ...(maxConnectionAgeGraceSeconds && {
        'grpc.max_connection_age_grace_ms': maxConnectionAgeGraceSeconds * 1000,
      }),
    },
  };
}
