import { dirname } from 'node:path';
import { instrumentServer } from './adapters/grpc-js/instrument.ts';
import { serverInterceptor } from './adapters/grpc-js/interceptor.ts';
import type { GrpcServer, ServerInterceptor } from './adapters/grpc-js/types.ts';
import type { Counter } from './core/counter.ts';
import type { Family } from './core/family.ts';
import { Faults } from './core/faults.ts';
import type { Gauge } from './core/gauge.ts';
import type { Histogram } from './core/histogram.ts';
import { type Buckets, type LabeledSpec, type MetricSpec, Registry } from './core/registry.ts';
import type { MetricFamily } from './core/snapshot.ts';
import { encodeText, textContentType } from './encode/text.ts';
import { basic } from './naming/basic.ts';
import { self } from './naming/self.ts';
import { service as serviceCollector } from './naming/service.ts';
import { packageInfo } from './package-info.ts';
import { CallStore } from './rpc/store.ts';
import { type ExposeOptions, expose, type MetricsEndpoint } from './serve/endpoint.ts';
import { type Rendered, type RequestHandler, type ScrapeSource, scrapeHandler } from './serve/handler.ts';

export interface GrpcMetricsOptions {
  /**
   * The labels of `grpc_service_info`: `name` (as `service`), `version`, and the user's own.
   * Name and version come from the package.json nearest to the program's main file by default.
   */
  readonly service?: Readonly<Record<string, string | undefined>> | undefined;
  /** Upper bounds of `grpc_request_duration_seconds`, in seconds, increasing; 5 ms to 10 s by default. */
  readonly buckets?: readonly number[] | undefined;
  /**
   * Services (`pkg.Service`) and methods (`pkg.Service/Method`) that are not recorded.
   * Health, reflection and channelz by default; `[]` records them too.
   */
  readonly exclude?: readonly string[] | undefined;
}

/** The metrics of one process: of its gRPC servers, and the user's own. */
export class GrpcMetrics {
  readonly #faults = new Faults();
  readonly #registry = new Registry(this.#faults);
  readonly #interceptor: ServerInterceptor;
  readonly #store: CallStore;
  readonly #source: ScrapeSource = {
    render: () => this.render(),
    failed: (error) => this.#faults.count('scrape', error),
  };

  /** Throws `MetricsError` for options that cannot be right. */
  constructor({ service = {}, buckets, exclude }: GrpcMetricsOptions = {}) {
    this.#store = new CallStore(this.#faults, { buckets, exclude });
    this.#interceptor = serverInterceptor(this.#store);
    this.#registry.add(basic(this.#store));
    this.#registry.add(serviceCollector(described(service)));
    this.#registry.add(self(this.#faults));
  }

  /**
   * Observes a server of @grpc/grpc-js 1.10 or later: its calls, its connections, and what never becomes a call.
   * Before `bindAsync`; services may be added before and after. Several servers can share one `GrpcMetrics`.
   *
   * Throws `already_bound`, `already_instrumented`, or `unsupported_server` for what is not such a server.
   */
  instrument(server: GrpcServer): this {
    instrumentServer(server, this.#store, this.#interceptor);
    return this;
  }

  /**
   * The interceptor alone, for servers that others make: `new Server({ interceptors: [metrics.serverInterceptor()] })`.
   * Put it first in the list: interceptors before it are nearer the wire and their time is not seen.
   *
   * Every call to a method of the server is recorded as `instrument` does. Connections, unknown methods and rejections are seen
   * from the first such call on, with the connections that are open then, on every address of that server; never
   * on injected connections. Methods have no series before their first call, and exceptions no class.
   */
  serverInterceptor(): ServerInterceptor {
    return this.#interceptor;
  }

  /**
   * A counter of the user's own, in the same scrape: with `labelNames` the family, without them its one series.
   * Declaring the same again returns the same metric; another declaration of the name throws `metric_conflict`.
   */
  counter(spec: MetricSpec): Counter;
  counter<Name extends string>(spec: LabeledSpec<Name>): Family<Name, Counter>;
  counter(spec: MetricSpec | LabeledSpec<string>): Counter | Family<string, Counter> {
    return this.#registry.counter(spec);
  }

  /** As `counter`, for a value that goes up and down. */
  gauge(spec: MetricSpec): Gauge;
  gauge<Name extends string>(spec: LabeledSpec<Name>): Family<Name, Gauge>;
  gauge(spec: MetricSpec | LabeledSpec<string>): Gauge | Family<string, Gauge> {
    return this.#registry.gauge(spec);
  }

  /** As `counter`, for a distribution. Throws `invalid_buckets` unless the bounds are finite and increase. */
  histogram(spec: MetricSpec & Buckets): Histogram;
  histogram<Name extends string>(spec: LabeledSpec<Name> & Buckets): Family<Name, Histogram>;
  histogram(spec: (MetricSpec | LabeledSpec<string>) & Buckets): Histogram | Family<string, Histogram> {
    return this.#registry.histogram(spec);
  }

  /** Every metric at this moment, as plain data. */
  collect(): MetricFamily[] {
    return this.#registry.collect();
  }

  /** One scrape: Prometheus's text format 0.0.4. */
  async render(): Promise<Rendered> {
    return { contentType: textContentType, body: encodeText(this.collect()) };
  }

  /** Answers scrapes on an HTTP server that the user has, at whatever path it is put. */
  handler(): RequestHandler {
    return scrapeHandler(this.#source);
  }

  /** Starts an HTTP server of its own, on port 8000 by default. Rejects with `port_in_use`, `listen_failed` or `invalid_option`. */
  expose(options?: ExposeOptions): Promise<MetricsEndpoint> {
    return expose(this.#source, options);
  }
}

/** Observes a server of @grpc/grpc-js before it is bound: `new GrpcMetrics(options).instrument(server)`. */
export function instrument(server: GrpcServer, options?: GrpcMetricsOptions): GrpcMetrics {
  return new GrpcMetrics(options).instrument(server);
}

function described(given: Readonly<Record<string, string | undefined>>): { name: string; version: string } {
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const [, main] = process.argv;
  return { ...packageInfo(main === undefined ? process.cwd() : dirname(main)), ...defined };
}
