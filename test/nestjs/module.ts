import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplicationContext } from '@nestjs/common';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { GrpcVitalsModule, type GrpcVitalsModuleAsyncOptions, type GrpcVitalsModuleOptions } from '../../src/nestjs.ts';
import { value } from '../support/metric-value.ts';
import { rootModule } from '../support/nestjs/application.ts';
import type { NestPackages } from '../support/nestjs/packages.ts';

const loopback = { host: '127.0.0.1', port: 0 };

/** What the module provides, and what it starts and ends with the application. */
export function describeModule(nest: NestPackages): void {
  const { Module } = nest.common;

  describe(`GrpcVitalsModule of NestJS ${nest.version}`, () => {
    const closing: (() => unknown)[] = [];
    afterEach(async () => {
      vi.restoreAllMocks();
      for (const close of closing.splice(0)) await close();
    });

    async function create(
      ...imports: Parameters<typeof rootModule>[1]['imports'] & object[]
    ): Promise<INestApplicationContext> {
      const root = rootModule(nest, { imports });
      const app = await nest.core.NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
      closing.push(() => app.close());
      return app;
    }

    /** The URLs of the endpoints that are opened from now on. */
    function endpoints(): string[] {
      const urls: string[] = [];
      // oxlint-disable-next-line typescript/unbound-method -- called with its `this` below
      const { expose } = GrpcMetrics.prototype;
      vi.spyOn(GrpcMetrics.prototype, 'expose').mockImplementation(async function (this: GrpcMetrics, options) {
        const endpoint = await expose.call(this, options);
        urls.push(endpoint.url.replace('localhost', '127.0.0.1'));
        return endpoint;
      });
      return urls;
    }

    test('every module gets the same GrpcMetrics', async () => {
      class Orders {
        readonly metrics: GrpcMetrics;
        constructor(metrics: GrpcMetrics) {
          this.metrics = metrics;
        }
      }
      nest.common.Injectable()(Orders);
      nest.common.Inject(GrpcMetrics)(Orders, undefined, 0);
      class OrdersModule {}
      Module({ providers: [Orders] })(OrdersModule);
      const app = await create(GrpcVitalsModule.forRoot({ expose: false }), OrdersModule);
      const orders = app.get(Orders, { strict: false });
      expect(orders.metrics).toBeInstanceOf(GrpcMetrics);
      expect(orders.metrics).toBe(app.get(GrpcMetrics));
    });

    test('each application has a GrpcMetrics of its own, also of one module', async () => {
      const module = GrpcVitalsModule.forRoot({ expose: false });
      const [one, two] = [await create(module), await create(module)];
      expect(one.get(GrpcMetrics)).not.toBe(two.get(GrpcMetrics));
    });

    class Config {
      name = 'shop';
      createGrpcVitalsOptions(): GrpcVitalsModuleOptions {
        return { service: { name: this.name }, expose: false };
      }
    }
    class ConfigModule {}
    Module({ providers: [Config], exports: [Config] })(ConfigModule);
    const imports = [ConfigModule];
    const asynchronous: [name: string, options: GrpcVitalsModuleAsyncOptions][] = [
      ['useFactory', { useFactory: () => ({ service: { name: 'shop' }, expose: false }) }],
      [
        'useFactory and inject',
        { imports, inject: [Config], useFactory: (config: Config) => config.createGrpcVitalsOptions() },
      ],
      ['an async useFactory', { useFactory: async () => new Config().createGrpcVitalsOptions() }],
      ['useClass', { useClass: Config }],
      ['useExisting', { imports, useExisting: Config }],
    ];
    test.each(asynchronous)('forRootAsync: %s', async (_name, options) => {
      const app = await create(GrpcVitalsModule.forRootAsync(options));
      expect(value(app.get(GrpcMetrics), 'grpc_service_info', { service: 'shop' })).toBe(1);
    });

    test('the endpoint opens with the application and closes with it', async () => {
      const urls = endpoints();
      const app = await create(GrpcVitalsModule.forRoot({ expose: loopback }));
      expect(urls).toHaveLength(1);
      expect(await (await fetch(`${urls[0]}/metrics`)).text()).toContain('grpc_service_info{');
      await app.close();
      await expect(fetch(`${urls[0]}/metrics`)).rejects.toThrow('fetch failed');
      await expect(app.get(GrpcMetrics).expose(loopback)).rejects.toMatchObject({ code: 'already_closed' });
    });

    test('without expose the endpoint is on port 8000; false opens none', async () => {
      const expose = vi.spyOn(GrpcMetrics.prototype, 'expose').mockImplementation(async () => {
        throw new Error('not in tests');
      });
      await create(GrpcVitalsModule.forRoot({ expose: false }));
      expect(expose).not.toHaveBeenCalled();
      await expect(create(GrpcVitalsModule.forRoot())).rejects.toThrow('not in tests');
      expect(expose.mock.calls).toEqual([[{}]]);
    });

    const ends: [name: string, signal: string | undefined, lastScrapeSeconds: number | undefined, waits: object[]][] = [
      ['a signal waits for the last scrape', 'SIGTERM', 20, [{ timeoutSeconds: 20 }]],
      ['a signal does not wait by default', 'SIGTERM', undefined, []],
      ['app.close() does not wait', undefined, 20, []],
    ];
    test.each(ends)('%s', async (_name, signal, lastScrapeSeconds, waits) => {
      const order: unknown[] = [];
      vi.spyOn(GrpcMetrics.prototype, 'expose').mockResolvedValue({
        url: '',
        port: 0,
        lastScrape: async (options) => order.push(options) > 0,
        close: async () => void order.push('close'),
      });
      const metrics = new GrpcMetrics();
      const app = await create(GrpcVitalsModule.forRoot({ metrics, lastScrapeSeconds }));
      await (app as { close(signal?: string): Promise<void> }).close(signal); // as NestJS does itself
      expect(order).toEqual([...waits, 'close']);
    });

    test('a GrpcMetrics that was given stays open, and its endpoint closes', async () => {
      const urls = endpoints();
      const metrics = new GrpcMetrics();
      closing.push(() => metrics.close());
      for (const round of [1, 2]) {
        const app = await create(GrpcVitalsModule.forRoot({ metrics, expose: loopback }));
        expect(app.get(GrpcMetrics)).toBe(metrics);
        expect(urls).toHaveLength(round);
        expect((await fetch(`${urls.at(-1)}/metrics`)).status).toBe(200);
        await app.close();
        await expect(fetch(`${urls.at(-1)}/metrics`)).rejects.toThrow('fetch failed');
      }
    });

    test('a port that is taken is a warning, and the application starts', async () => {
      const taken = createServer();
      await new Promise<void>((resolve) => {
        taken.listen(0, '127.0.0.1', resolve);
      });
      closing.push(() => taken.close());
      const { port } = taken.address() as AddressInfo; // it listens on TCP
      const warn = vi.fn();
      const app = await create(GrpcVitalsModule.forRoot({ expose: { ...loopback, port }, logger: { warn } }));
      const metrics = app.get(GrpcMetrics);
      expect(value(metrics, 'grpc_vitals_errors_total', { stage: 'scrape' })).toBe(1);
      expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(`:${port} is in use`), expect.anything());
    });

    const mistakes: [name: string, options: object, message: string][] = [
      ['an unknown option', { namign: ['go'] }, 'unknown option "namign", did you mean "naming"?'],
      ['an unknown option of the endpoint', { expose: { prot: 1 } }, 'unknown option "prot", did you mean "port"?'],
      ['a port that is none', { expose: { port: 'http' } }, 'port must be a whole number'],
      [
        'expose is no object',
        { expose: 8000 },
        'expose must be true, false or an object, such as { port: 8000 }, not 8000',
      ],
      ['a negative time', { lastScrapeSeconds: -1 }, 'lastScrapeSeconds must be'],
      ['metrics of another class', { metrics: {} }, 'metrics must be a GrpcMetrics of this copy of grpc-vitals'],
      [
        'metrics and options for new ones',
        { metrics: new GrpcMetrics(), naming: ['go'] },
        'give the option "naming" to the GrpcMetrics that metrics names',
      ],
    ];
    test.each(mistakes)('the application does not start with %s', async (_name, options, message) => {
      const error = expect.objectContaining({ code: 'invalid_option', message: expect.stringContaining(message) });
      await expect(create(GrpcVitalsModule.forRootAsync({ useFactory: () => options }))).rejects.toEqual(error);
      await expect(async () => create(GrpcVitalsModule.forRoot(options))).rejects.toEqual(error);
    });

    test('forRootAsync needs a source of options', () => {
      const message = 'forRootAsync() needs one of useFactory, useClass and useExisting';
      expect(() => GrpcVitalsModule.forRootAsync({})).toThrow(message);
    });
  });
}
