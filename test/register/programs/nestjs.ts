import 'reflect-metadata';
import type { AddressInfo, Server as NetServer } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import * as microservices from '@nestjs/microservices';
import * as rxjs from 'rxjs';
import { clientOptions } from '../../client-endings/grpc-js/adapter.ts';
import { NestClient } from '../../client-endings/nestjs/client.ts';
import { serverOptions } from '../../endings/nestjs/adapter.ts';
import { interceptors } from '../../endings/nestjs/interceptors.ts';
import { controllerOf, rootModule } from '../../support/nestjs/application.ts';
import { behaviours } from '../../support/nestjs/behaviours.ts';
import type { NestPackages } from '../../support/nestjs/packages.ts';
import { service } from '../../support/service.ts';
import { runProgram } from './run-program.ts';

const nest: NestPackages = {
  version: '',
  grpcVersion: '',
  grpc,
  common,
  core,
  microservices,
  rxjs,
  httpAdapters: {},
};
const transport = microservices.Transport.GRPC;
const definition = { package: 'test.v1', packageDefinition: { 'test.v1.Endings': service } };

runProgram({
  async serve({ method, handler, interceptor, limits }, tooLate) {
    const useValue = interceptor && interceptors(nest, tooLate)[interceptor];
    const root = rootModule(nest, {
      controllers: [controllerOf(nest, method, handler && behaviours(nest, tooLate)[handler])],
      providers: useValue === undefined ? [] : [{ provide: core.APP_INTERCEPTOR, useValue }],
    });
    let server: grpc.Server | undefined;
    const options = {
      ...definition,
      url: '127.0.0.1:0',
      gracefulShutdown: true,
      ...serverOptions(limits),
      onLoadPackageDefinition: (_package: unknown, made: grpc.Server) => {
        server = made;
      },
    };
    const app = await core.NestFactory.createMicroservice<microservices.MicroserviceOptions>(root, {
      transport,
      options,
      logger: false,
    });
    await app.listen();
    // NestJS does not say which free port it got.
    const { http2Servers } = server as unknown as { http2Servers: Map<NetServer, unknown> };
    const [http2Server] = http2Servers.keys();
    return {
      port: (http2Server!.address() as AddressInfo).port, // it listens on TCP
      shutDown: () => app.close(),
      kill: () => server!.forceShutdown(),
    };
  },
  connect(address, limits) {
    const options = { ...definition, url: address, channelOptions: clientOptions(limits) };
    return new NestClient(nest, microservices.ClientProxyFactory.create({ transport, options }));
  },
});
