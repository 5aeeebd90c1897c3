import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Controller, Inject, Module, NotFoundException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { GrpcMetrics } from 'grpc-vitals';
import { GrpcVitalsModule, grpcServerOptions } from 'grpc-vitals/nestjs';

/** A NestJS application with gRPC and HTTP: `npx tsx examples/nestjs.ts`. `docs/nestjs.md` explains the steps. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '50051' },
    'http-port': { type: 'string', default: '3000' },
    'metrics-port': { type: 'string', default: '8000' },
  },
});

@Controller()
class OrdersController {
  @Inject(GrpcMetrics) private readonly metrics!: GrpcMetrics;

  @GrpcMethod('Orders', 'GetOrder')
  getOrder({ id }: { id?: string }): object {
    if (!id) throw new NotFoundException('an order has an id');
    this.metrics.counter({ name: 'order_lookups_total', help: 'Orders that were looked up' }).inc();
    return { id, plan: 'pro' };
  }
}

@Module({
  imports: [
    GrpcVitalsModule.forRoot({
      service: { name: 'orders', version: '1.0.0' },
      expose: { port: values['metrics-port'] },
    }),
  ],
  controllers: [OrdersController],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
const options = grpcServerOptions(app.get(GrpcMetrics), {
  package: 'shop.v1',
  protoPath: fileURLToPath(new URL('shop.proto', import.meta.url)),
  url: `localhost:${values.port}`,
});
app.connectMicroservice<MicroserviceOptions>({ transport: Transport.GRPC, options });
app.enableShutdownHooks();
await app.startAllMicroservices();
await app.listen(Number(values['http-port']), 'localhost');
console.log(`curl http://localhost:${values['metrics-port']}/metrics`);
