import type { IncomingMessage, ServerResponse } from 'node:http';
import * as grpc from '@grpc/grpc-js';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import type { AsyncMicroserviceOptions, ClientGrpcProxy, MicroserviceOptions } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import { afterEach, describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { GrpcVitalsModule } from '../../src/nestjs.ts';
import { grpcServer } from '../support/backends.ts';
import { GrpcJsClient } from '../support/grpc-js/client.ts';
import { value } from '../support/metric-value.ts';
import { controllerOf, Microservice, rootModule, startMicroservice } from '../support/nestjs/application.ts';
import type { NestHandler } from '../support/nestjs/behaviours.ts';
import type { NestPackages } from '../support/nestjs/packages.ts';
import { RecordedCalls } from '../support/recorded-calls.ts';
import { type MethodName, service } from '../support/service.ts';
import { messages } from '../support/test-client.ts';
import { until } from '../support/wait.ts';

const method = '/test.v1.Endings/Unary';
const bug: NestHandler = () => {
  throw new RangeError('a bug');
};

/** The ways in which an application of NestJS can have gRPC and HTTP. */
export function describeApplications(nest: NestPackages): void {
  const { common, core, microservices } = nest;
  const transport = microservices.Transport.GRPC;

  describe(`applications of NestJS ${nest.version}`, () => {
    const closing: (() => unknown)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0).toReversed()) await close();
    });

    /** Makes a call, and waits until it has been recorded. */
    async function call(port: number, metrics: GrpcMetrics, name: MethodName = 'Unary'): Promise<string> {
      const before = new RecordedCalls(metrics, 'grpc').durations().count;
      const client = new GrpcJsClient(grpc, 'new Client', `127.0.0.1:${port}`);
      closing.push(() => client.close());
      const started = client.start(name);
      const status = await started.status;
      await until(
        () => new RecordedCalls(metrics, 'grpc').durations().count === before + 1,
        () => 'the call has not ended',
      );
      return status;
    }

    async function createHttp(
      metadata: ModuleMetadata,
      adapter = nest.httpAdapters.Express!,
    ): Promise<INestApplication> {
      const imports = [GrpcVitalsModule.forRoot({ expose: false })];
      const root = rootModule(nest, { ...metadata, imports });
      const app = await core.NestFactory.create(root, adapter(), { logger: false, abortOnError: false });
      closing.push(() => app.close());
      return app;
    }

    test('a microservice has zeros before its first call, the sizes of messages, and its connections', async () => {
      const metrics = new GrpcMetrics();
      const root = rootModule(nest, {
        imports: [GrpcVitalsModule.forRoot({ metrics, expose: false })],
        controllers: [controllerOf(nest, 'Unary', () => messages.large)],
      });
      const microservice = new Microservice(metrics);
      const app = await startMicroservice(nest, root, microservice);
      closing.push(() => app.close());
      const counted = (status: string) => value(metrics, 'grpc_requests_total', { method, status });
      const family = metrics.collect().find(({ name }) => name === 'grpc_requests_total');
      const labels = [...family!.series].map((series) => series.labels);
      expect(labels).toContainEqual({ method, status: 'OK' });
      expect(labels).toContainEqual({ method: '/test.v1.Endings/Bidi', status: 'OK' });
      expect(counted('OK')).toBe(0);
      expect(await call(microservice.port, metrics)).toBe('OK');
      expect(counted('OK')).toBe(1);
      expect(value(metrics, 'grpc_messages_received_bytes_total', { method })).toBe(messages.small.length);
      expect(value(metrics, 'grpc_messages_sent_bytes_total', { method })).toBe(messages.large.length);
      expect(value(metrics, 'grpc_active_connections')).toBe(1);
    });

    test('a handler sets late labels with its call', async () => {
      const metrics = new GrpcMetrics({ callLabels: { tenant: { late: true } } });
      const handler: NestHandler = (_request, _metadata, handlerCall) => {
        metrics.labelCall(handlerCall, { tenant: 'acme' });
        return messages.small;
      };
      const root = rootModule(nest, {
        imports: [GrpcVitalsModule.forRoot({ metrics, expose: false })],
        controllers: [controllerOf(nest, 'Unary', handler)],
      });
      const microservice = new Microservice(metrics);
      const app = await startMicroservice(nest, root, microservice);
      closing.push(() => app.close());
      expect(await call(microservice.port, metrics)).toBe('OK');
      expect(value(metrics, 'grpc_requests_total', { tenant: 'acme', status: 'OK' })).toBe(1);
    });

    // NestJS 10 takes the options of a microservice before it makes the module.
    test.runIf(Number.parseInt(nest.version, 10) >= 11)(
      'options from a factory, with the GrpcMetrics of the module',
      async () => {
        let microservice: Microservice | undefined;
        const root = rootModule(nest, {
          imports: [GrpcVitalsModule.forRoot({ expose: false })],
          controllers: [controllerOf(nest, 'Unary', () => messages.small)],
        });
        const app = await core.NestFactory.createMicroservice<AsyncMicroserviceOptions>(root, {
          inject: [GrpcMetrics],
          useFactory: (metrics: GrpcMetrics) => {
            microservice = new Microservice(metrics);
            return { transport, options: microservice.options };
          },
        });
        closing.push(() => app.close());
        await app.listen();
        const metrics = app.get(GrpcMetrics);
        expect(await call(microservice!.port, metrics)).toBe('OK');
        expect(value(metrics, 'grpc_messages_received_bytes_total', { method })).toBe(messages.small.length);
      },
    );

    test('a client of ClientsModule is observed by the GrpcMetrics of the module', async () => {
      const backend = await grpcServer(nest.grpc, { Unary: (_call, callback) => callback(null, messages.small) });
      closing.push(() => backend.close());
      const clients = microservices.ClientsModule.registerAsync([
        {
          name: 'ORDERS',
          inject: [GrpcMetrics],
          useFactory: (metrics: GrpcMetrics) => ({
            transport,
            options: {
              package: 'test.v1',
              packageDefinition: { 'test.v1.Endings': service },
              url: backend.address,
              channelOptions: metrics.clientOptions(),
            },
          }),
        },
      ]);
      const root = rootModule(nest, { imports: [GrpcVitalsModule.forRoot({ expose: false }), clients] });
      const app = await core.NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
      closing.push(() => app.close());
      const client = app.get<ClientGrpcProxy>('ORDERS', { strict: false });
      const unary = client.getService<{ Unary(request: Buffer): Observable<Buffer> }>('Endings');
      expect(await nest.rxjs.lastValueFrom(unary.Unary(messages.small))).toEqual(messages.small);
      expect(value(app.get(GrpcMetrics), 'grpc_client_requests_total', { method, status: 'OK' })).toBe(1);
      client.close();
    });

    test('a decorated client is observed by a GrpcMetrics that was made before', async () => {
      const backend = await grpcServer(nest.grpc, { Unary: (_call, callback) => callback(null, messages.small) });
      closing.push(() => backend.close());
      const metrics = new GrpcMetrics();
      class Caller {
        client!: ClientGrpcProxy;
      }
      common.Controller()(Caller);
      microservices.Client({
        transport,
        options: {
          package: 'test.v1',
          packageDefinition: { 'test.v1.Endings': service },
          url: backend.address,
          channelOptions: metrics.clientOptions(),
        },
      })(Caller.prototype, 'client');
      const imports = [GrpcVitalsModule.forRoot({ metrics, expose: false })];
      const app = await core.NestFactory.create(rootModule(nest, { imports, controllers: [Caller] }), {
        logger: false,
      });
      closing.push(() => app.close());
      await app.init();
      const { client } = app.get(Caller);
      const unary = client.getService<{ Unary(request: Buffer): Observable<Buffer> }>('Endings');
      expect(await nest.rxjs.lastValueFrom(unary.Unary(messages.small))).toEqual(messages.small);
      expect(value(metrics, 'grpc_client_requests_total', { method, status: 'OK' })).toBe(1);
      client.close();
    });

    test.each([true, false])('two microservices beside HTTP, inheritAppConfig: %s', async (inheritAppConfig) => {
      const app = await createHttp({ controllers: [controllerOf(nest, 'Unary', bug)] });
      const metrics = app.get(GrpcMetrics);
      const both = [new Microservice(metrics), new Microservice(metrics)];
      for (const { options } of both) {
        app.connectMicroservice<MicroserviceOptions>({ transport, options }, { inheritAppConfig });
      }
      app.use('/metrics', metrics.handler());
      await app.startAllMicroservices();
      await app.listen(0, '127.0.0.1');
      for (const { port } of both) expect(await call(port, metrics)).toBe('UNKNOWN');
      expect(value(metrics, 'grpc_errors_total', { method, error_type: 'RangeError' })).toBe(2);
      expect(value(metrics, 'grpc_errors_total')).toBe(2);
      const scrape = await (await fetch(`${await app.getUrl()}/metrics`)).text();
      expect(scrape).toContain(`grpc_requests_total{method="${method}",status="UNKNOWN"} 2\n`);
    });

    const denying = [{ provide: core.APP_GUARD, useValue: { canActivate: () => false } }];

    for (const [name, adapter] of Object.entries(nest.httpAdapters)) {
      test(`${name}: app.use serves /metrics outside the global prefix, versions and guards`, async () => {
        const app = await createHttp({ providers: denying }, adapter);
        app.setGlobalPrefix('api');
        app.enableVersioning();
        app.use('/metrics', app.get(GrpcMetrics).handler());
        await app.listen(0, '127.0.0.1');
        const response = await fetch(`${await app.getUrl()}/metrics`);
        expect(response.status).toBe(200);
        expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
        expect(await response.text()).toContain('grpc_service_info{');
        expect((await fetch(`${await app.getUrl()}/api/metrics`)).status).toBe(404);
      });

      const guards: [name: string, providers: typeof denying, status: number][] = [
        ['without guards', [], 200],
        ['behind a guard that says no', denying, 403],
      ];
      test.each(guards)(
        `${name}: a controller has the global prefix and guards: %s`,
        async (_name, providers, status) => {
          class MetricsController {
            readonly #answer: ReturnType<GrpcMetrics['handler']>;
            constructor(metrics: GrpcMetrics) {
              this.#answer = metrics.handler();
            }
            get(request: { raw?: IncomingMessage }, response: { raw?: ServerResponse }): void {
              // Fastify has objects of its own around those of Node, Express extends those of Node.
              const [req, res] = [request.raw ?? request, response.raw ?? response];
              this.#answer(req as IncomingMessage, res as ServerResponse);
            }
          }
          common.Controller()(MetricsController);
          common.Inject(GrpcMetrics)(MetricsController, undefined, 0);
          const descriptor = Object.getOwnPropertyDescriptor(MetricsController.prototype, 'get')!;
          common.Get('metrics')(MetricsController.prototype, 'get', descriptor);
          common.Req()(MetricsController.prototype, 'get', 0);
          common.Res()(MetricsController.prototype, 'get', 1);
          const app = await createHttp({ providers, controllers: [MetricsController] }, adapter);
          app.setGlobalPrefix('api');
          await app.listen(0, '127.0.0.1');
          const response = await fetch(`${await app.getUrl()}/api/metrics`);
          expect(response.status).toBe(status);
          expect((await response.text()).includes('grpc_service_info{')).toBe(status === 200);
        },
      );
    }
  });
}
