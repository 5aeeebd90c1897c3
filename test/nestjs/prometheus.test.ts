import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { makeCounterProvider, PrometheusModule } from '@willsoto/nestjs-prometheus';
import { type Counter, register } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { GrpcVitalsModule } from '../../src/nestjs.ts';

afterEach(() => register.clear());

/** An application of a user of @willsoto/nestjs-prometheus. */
async function start(connect: (metrics: GrpcMetrics) => unknown) {
  @Controller()
  class OrdersController {
    @Inject('PROM_METRIC_ORDERS_TOTAL') readonly orders!: Counter;
  }

  @Module({
    imports: [
      PrometheusModule.register({ defaultMetrics: { enabled: false } }),
      GrpcVitalsModule.forRoot({ expose: false, service: { name: 'shop', version: '1' } }),
    ],
    controllers: [OrdersController],
    providers: [makeCounterProvider({ name: 'orders_total', help: 'Orders' })],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  const metrics = app.get(GrpcMetrics);
  connect(metrics);
  app.use('/all', metrics.handler());
  await app.listen(0, '127.0.0.1');
  app.get(OrdersController).orders.inc(3);
  const scrape = async (path: string) => (await fetch((await app.getUrl()) + path)).text();
  try {
    return { theirs: await scrape('/metrics'), ours: await scrape('/all') };
  } finally {
    await app.close();
  }
}

const own = 'grpc_service_info{service="shop",version="1"} 1\n';
const rows: [name: string, connect: (metrics: GrpcMetrics) => unknown, inTheirs: boolean, inOurs: boolean][] = [
  ['neither: each has its own', () => {}, false, false],
  ['include: the endpoint of grpc-vitals has all', (metrics) => metrics.include(register), false, true],
  ['registerInto: the endpoint of PrometheusModule has all', (metrics) => metrics.registerInto(register), true, false],
];
test.each(rows)('beside @willsoto/nestjs-prometheus, %s', async (_name, connect, inTheirs, inOurs) => {
  const { theirs, ours } = await start(connect);
  expect(theirs).toContain('\norders_total 3\n');
  expect(ours).toContain(own);
  expect({ theirs: theirs.includes(own), ours: ours.includes('\norders_total 3\n') }).toEqual({
    theirs: inTheirs,
    ours: inOurs,
  });
});
