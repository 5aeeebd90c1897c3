import * as grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { GrpcVitalsModule, grpcServerOptions } from '../../src/nestjs.ts';
import { freePort } from '../support/free-port.ts';
import { value } from '../support/metric-value.ts';
import { rootModule } from '../support/nestjs/application.ts';
import { documentedFiles } from '../support/nestjs/docs.ts';
import { loadNest } from '../support/nestjs/packages.ts';
import { Project } from '../support/project.ts';

const proto = 'proto/orders.proto';
const project = new Project({ [proto]: documentedFiles()[proto]! });
afterAll(() => project.remove());
beforeAll(async () => {
  const packages = ['common', 'core', 'microservices', 'platform-express'].map((name) => `@nestjs/${name}@10.0.0`);
  await project.install([...packages, '@grpc/grpc-js@1', '@grpc/proto-loader@0.7']);
}, 300_000);

const pass = (bytes: Buffer) => bytes;
const method = '/shop.v1.Orders/GetOrder';

test('NestJS 10.0 does not show its server: calls are recorded, without zeros', async () => {
  const { common, core, microservices } = loadNest(project.folder);
  class OrdersController {
    getOrder(): object {
      return { id: '1' };
    }
  }
  common.Controller()(OrdersController);
  const descriptor = Object.getOwnPropertyDescriptor(OrdersController.prototype, 'getOrder')!;
  microservices.GrpcMethod('Orders', 'GetOrder')(OrdersController.prototype, 'getOrder', descriptor);
  const metrics = new GrpcMetrics();
  const imports = [GrpcVitalsModule.forRoot({ metrics, expose: false })];
  const root = rootModule({ common }, { imports, controllers: [OrdersController] });
  const url = `127.0.0.1:${await freePort()}`;
  const protoPath = `${project.folder}/${proto}`;
  const options = grpcServerOptions(metrics, { package: 'shop.v1', protoPath, url });
  const transport = microservices.Transport.GRPC;
  const app = await core.NestFactory.createMicroservice(root, { transport, options, logger: false });
  await app.listen();
  const client = new grpc.Client(url, grpc.credentials.createInsecure());
  try {
    expect(metrics.collect().find(({ name }) => name === 'grpc_requests_total')?.series).toHaveLength(0);
    const status = new Promise<number>((resolve) => {
      client.makeUnaryRequest(method, pass, pass, Buffer.alloc(0), (error) => resolve(error?.code ?? 0));
    });
    expect(await status).toBe(0);
    await expect.poll(() => value(metrics, 'grpc_requests_total', { method, status: 'OK' })).toBe(1);
    expect(value(metrics, 'grpc_active_connections')).toBe(1);
  } finally {
    client.close();
    await app.close();
  }
});
