import type { AddressInfo, Server as NetServer } from 'node:net';
import { Controller, Module, type NestInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { GrpcMethod, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { GrpcMetrics } from '../src/metrics.ts';
import { GrpcVitalsModule, grpcServerOptions } from '../src/nestjs.ts';
import { reply, reportTo, service } from './frameworks-server.ts';

@Controller()
class BenchController {
  @GrpcMethod('Bench', 'Unary')
  unary(): Buffer {
    return reply;
  }
}

const [, , contender = ''] = process.argv;
const metrics = new GrpcMetrics();
const passOn: NestInterceptor = { intercept: (_context, next) => next.handle() };

@Module({
  imports: contender === 'grpc-vitals/nestjs' ? [GrpcVitalsModule.forRoot({ metrics, expose: false })] : [],
  controllers: [BenchController],
  providers: contender.startsWith('an interceptor') ? [{ provide: APP_INTERCEPTOR, useValue: passOn }] : [],
})
class BenchModule {}

let http2Servers: ReadonlyMap<NetServer, unknown> | undefined;
const bare = {
  package: 'bench.v1',
  packageDefinition: { 'bench.v1.Bench': service },
  url: '127.0.0.1:0',
  channelOptions: contender === 'serverInterceptor() alone' ? { interceptors: [metrics.serverInterceptor()] } : {},
  onLoadPackageDefinition: (_package: unknown, server: { http2Servers: ReadonlyMap<NetServer, unknown> }) => {
    ({ http2Servers } = server);
  },
};
const options = contender === 'grpc-vitals/nestjs' ? grpcServerOptions(metrics, bare) : bare;
const transport = Transport.GRPC;
const app = await NestFactory.createMicroservice<MicroserviceOptions>(BenchModule, {
  transport,
  options,
  logger: false,
});
await app.listen();
const [http2Server] = http2Servers!.keys();
reportTo(process, (http2Server!.address() as AddressInfo).port); // it listens on TCP
