import { seeExceptions } from './adapters/nestjs/exceptions.ts';
import type { NestDynamicModule, NestGrpcServerOptions, NestValue } from './adapters/nestjs/types.ts';
import { checkObject } from './core/check-object.ts';
import { checkSeconds } from './core/check-type.ts';
import { invalidOption, MetricsError } from './core/errors.ts';
import { quoted } from './core/printable.ts';
import { GrpcMetrics, partsOf } from './metrics.ts';
import type { GrpcMetricsOptions } from './options.ts';
import type { MetricsEndpoint } from './serve/endpoint.ts';
import type { ExposeOptions } from './serve/expose-options.ts';

export type { NestDynamicModule, NestGrpcServerOptions, NestValue } from './adapters/nestjs/types.ts';

/** Options of `GrpcVitalsModule`: those of `GrpcMetrics`, and the two below. */
export interface GrpcVitalsModuleOptions extends GrpcMetricsOptions {
  /**
   * A `GrpcMetrics` that you made, instead of options for a new one. The module then closes its endpoint when the application
   * closes, and leaves the `GrpcMetrics` open. By default the module makes one, and closes it.
   */
  readonly metrics?: GrpcMetrics | undefined;
  /**
   * Options of the endpoint that the module opens when the application has started, or `false` for none. By default `true`: port
   * 8000. A port that is taken is a warning and does not stop the application.
   */
  readonly expose?: ExposeOptions | boolean | undefined;
  /**
   * Longest wait for the last scrape when a signal ends the application, in seconds, 0.001 to 3600. With it Prometheus has the final
   * counts. It takes `app.enableShutdownHooks()`. By default the endpoint closes at once. `app.close()` never waits.
   */
  readonly lastScrapeSeconds?: number | undefined;
}

/** A class that makes the options of `GrpcVitalsModule`, for `useClass` and `useExisting`. */
export interface GrpcVitalsOptionsFactory {
  createGrpcVitalsOptions(): GrpcVitalsModuleOptions | Promise<GrpcVitalsModuleOptions>;
}

/** Options of `GrpcVitalsModule.forRootAsync`. One of `useFactory`, `useClass` and `useExisting` is required. */
export interface GrpcVitalsModuleAsyncOptions {
  /** Modules that export what `inject`, `useClass` or `useExisting` needs. */
  readonly imports?: NestValue[];
  /** Tokens of the parameters of `useFactory`. */
  readonly inject?: NestValue[];
  readonly useFactory?: (...injected: NestValue[]) => GrpcVitalsModuleOptions | Promise<GrpcVitalsModuleOptions>;
  readonly useClass?: new (...injected: NestValue[]) => GrpcVitalsOptionsFactory;
  readonly useExisting?: NestValue;
}

/** The tokens under which the module keeps its own providers. */
const tokens = {
  options: Symbol('grpc-vitals: options'),
  factory: Symbol('grpc-vitals: options factory'),
  lifecycle: Symbol('grpc-vitals: lifecycle'),
};

/**
 * The module of NestJS 10 to 12. It provides `GrpcMetrics` to every module, opens the endpoint when the application has started, and
 * closes it with the application:
 *
 * ```ts
 * @Module({ imports: [GrpcVitalsModule.forRoot({ expose: { port: 9464 } })] })
 * export class AppModule {}
 * ```
 *
 * The calls of a server are recorded if its options come from `grpcServerOptions`.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: NestJS identifies a module by its class
export class GrpcVitalsModule {
  /** Returns the module with these options. Throws `invalid_option` for options that cannot be right. */
  static forRoot(options: GrpcVitalsModuleOptions = {}): NestDynamicModule {
    checkModuleOptions(options);
    return moduleWith([{ provide: tokens.options, useValue: options }]);
  }

  /** Returns the module with options that a factory or a class makes from other providers, such as `ConfigService`. */
  static forRootAsync(options: GrpcVitalsModuleAsyncOptions): NestDynamicModule {
    checkObject('forRootAsync() takes an object, such as { useFactory }', options);
    return moduleWith(optionsProviders(options), options.imports);
  }
}

/**
 * Returns the options of a gRPC microservice with which `metrics` records all that `instrument` records:
 *
 * ```ts
 * const options = grpcServerOptions(metrics, { package: 'shop.v1', protoPath: 'proto/shop.proto' });
 * app.connectMicroservice<MicroserviceOptions>({ transport: Transport.GRPC, options });
 * ```
 *
 * NestJS binds its server before it adds the services. So the interceptor is among the options from the start, before yours, and
 * `instrument` follows in `onLoadPackageDefinition`, before yours. `options` stays as it is.
 */
export function grpcServerOptions<Options extends NestGrpcServerOptions>(
  metrics: GrpcMetrics,
  options: Options,
): Options {
  const { faults } = partsOf(metrics).server; // throws for other values
  checkObject('grpcServerOptions() takes the options of a gRPC microservice, such as { package, protoPath }', options);
  const { channelOptions = {}, onLoadPackageDefinition } = options;
  const interceptors = [metrics.serverInterceptor(), ...(channelOptions.interceptors ?? [])];
  return {
    ...options,
    channelOptions: { ...channelOptions, interceptors },
    onLoadPackageDefinition(packageDefinition: NestValue, server: NestValue): void {
      metrics.instrument(server);
      void seeExceptions(faults);
      onLoadPackageDefinition?.(packageDefinition, server);
    },
  };
}

function checkModuleOptions(options: GrpcVitalsModuleOptions): void {
  checkObject('the options of GrpcVitalsModule must be an object', options);
  const { metrics, expose, lastScrapeSeconds, ...ofMetrics } = options;
  if (expose !== undefined && typeof expose !== 'boolean') {
    checkObject('expose must be true, false or an object, such as { port: 8000 }', expose);
  }
  if (lastScrapeSeconds !== undefined) checkSeconds('lastScrapeSeconds', lastScrapeSeconds);
  if (metrics === undefined) return;
  partsOf(metrics); // throws for other values
  const [superfluous] = Object.keys(ofMetrics);
  if (superfluous === undefined) return;
  throw invalidOption(`GrpcVitalsModule: give the option ${quoted(superfluous)} to the GrpcMetrics that metrics names`);
}

function optionsProviders({
  inject = [],
  useFactory,
  useClass,
  useExisting,
}: GrpcVitalsModuleAsyncOptions): NestValue[] {
  if (useFactory !== undefined) return [{ provide: tokens.options, inject, useFactory }];
  if (useClass === undefined && useExisting === undefined) {
    throw invalidOption('forRootAsync() needs one of useFactory, useClass and useExisting');
  }
  return [
    { provide: tokens.factory, ...(useClass === undefined ? { useExisting } : { useClass }) },
    {
      provide: tokens.options,
      inject: [tokens.factory],
      useFactory: (factory: GrpcVitalsOptionsFactory) => factory.createGrpcVitalsOptions(),
    },
  ];
}

function moduleWith(providers: NestValue[], imports: NestValue[] = []): NestDynamicModule {
  return {
    module: GrpcVitalsModule,
    global: true,
    imports,
    providers: [
      ...providers,
      { provide: GrpcMetrics, inject: [tokens.options], useFactory: metricsFrom },
      {
        provide: tokens.lifecycle,
        inject: [tokens.options, GrpcMetrics],
        useFactory: (options: GrpcVitalsModuleOptions, metrics: GrpcMetrics) => new Lifecycle(options, metrics),
      },
    ],
    exports: [GrpcMetrics],
  };
}

function metricsFrom(options: GrpcVitalsModuleOptions): GrpcMetrics {
  checkModuleOptions(options);
  const { metrics, expose: _expose, lastScrapeSeconds: _seconds, ...ofMetrics } = options;
  return metrics ?? new GrpcMetrics(ofMetrics);
}

/** NestJS calls these methods of every provider that has them. */
class Lifecycle {
  readonly #options: GrpcVitalsModuleOptions;
  readonly #metrics: GrpcMetrics;
  #endpoint: MetricsEndpoint | undefined;

  constructor(options: GrpcVitalsModuleOptions, metrics: GrpcMetrics) {
    this.#options = options;
    this.#metrics = metrics;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { expose = true } = this.#options;
    if (expose === false) return;
    try {
      this.#endpoint = await this.#metrics.expose(expose === true ? {} : expose);
    } catch (error) {
      if (!isAboutThePort(error)) throw error;
      // Tests start an application several times, and processes of a cluster have one port.
      partsOf(this.#metrics).source.failed(error);
    }
  }

  /** NestJS has closed its servers by now, so that the last calls have ended. */
  async onApplicationShutdown(signal?: string): Promise<void> {
    const { lastScrapeSeconds: timeoutSeconds } = this.#options;
    if (signal !== undefined && timeoutSeconds !== undefined) await this.#endpoint?.lastScrape({ timeoutSeconds });
    await (this.#options.metrics === undefined ? this.#metrics.close() : this.#endpoint?.close());
  }
}

function isAboutThePort(error: unknown): boolean {
  return error instanceof MetricsError && ['port_in_use', 'listen_failed'].includes(error.code);
}
