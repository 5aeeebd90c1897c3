import { dirname } from 'node:path';
import { type ClientObserver, clientObserver, declareService } from './adapters/grpc-js/client-options.ts';
import { instrumentServer } from './adapters/grpc-js/instrument.ts';
import { serverInterceptor } from './adapters/grpc-js/interceptor.ts';
import type {
  GrpcServer,
  ObservedClientOptions,
  ServerInterceptor,
  ServiceDefinition,
} from './adapters/grpc-js/types.ts';
import { activeSpan } from './adapters/opentelemetry.ts';
import { IncludedRegistries, type IncludeOptions } from './bridge/include.ts';
import { type RegisterOptions, TargetRegistries } from './bridge/register.ts';
import type { ForeignRegistry } from './bridge/types.ts';
import type { Counter } from './core/counter.ts';
import { MetricsError } from './core/errors.ts';
import { Exemplars, type TraceLabels } from './core/exemplars.ts';
import type { Family } from './core/family.ts';
import { Faults } from './core/faults.ts';
import type { Gauge } from './core/gauge.ts';
import type { Histogram } from './core/histogram.ts';
import { checkNative, type NativeHistogramChoice } from './core/native-histogram-options.ts';
import { printable } from './core/printable.ts';
import { type Buckets, type LabeledSpec, type MetricSpec, Registry } from './core/registry.ts';
import type { LiveFamily, MetricFamily } from './core/snapshot.ts';
import { scrape } from './naming/scrape.ts';
import { self } from './naming/self.ts';
import { service as serviceCollector } from './naming/service.ts';
import { Vocabularies } from './naming/vocabularies.ts';
import {
  chooseVocabularies,
  unionOfBounds,
  type VocabularyName,
  type VocabularyOptions,
  vocabularyNames,
} from './naming/vocabulary.ts';
import { packageInfo } from './package-info.ts';
import { ClientStore } from './rpc/client-store.ts';
import { ServerStore } from './rpc/server-store.ts';
import { nodeMetrics } from './runtime/node.ts';
import { processMetrics } from './runtime/process.ts';
import { type ExposeOptions, expose, type MetricsEndpoint } from './serve/endpoint.ts';
import { type HandlerOptions, type Rendered, type RequestHandler, scrapeHandler } from './serve/handler.ts';
import { negotiate } from './serve/negotiate.ts';
import { renderWhole } from './serve/render.ts';
import type { Asked, ScrapeSource } from './serve/scrape.ts';
import { ScrapeStats } from './serve/stats.ts';

export interface GrpcMetricsOptions {
  /**
   * The labels of `grpc_service_info`: `name` (as `service`), `version`, and the user's own.
   * Name and version come from the package.json nearest to the program's main file by default.
   */
  readonly service?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * The vocabularies that calls are exposed in, each once; `['basic']` by default. `{ use: 'go', namespace: 'shop' }` changes one.
   * A scrape can ask for others: `/metrics?naming=go`. Calls are recorded once, whatever is here.
   */
  readonly naming?: readonly (VocabularyName | VocabularyOptions)[] | undefined;
  /** Upper bounds of `grpc_request_duration_seconds` and its like of clients, in seconds, increasing; 5 ms to 10 s by default. */
  readonly buckets?: readonly number[] | undefined;
  /**
   * Native histograms: exponential buckets beside the classic ones, for `grpc_request_duration_seconds` and, where they do
   * not say otherwise, for the user's own histograms. Only scrapes in Prometheus's protobuf format carry them; Prometheus 2
   * then drops the `_bucket` series. `true` for `{ factor: 1.1, maxBuckets: 160 }`; off by default.
   */
  readonly nativeHistograms?: NativeHistogramChoice | undefined;
  /**
   * Exemplars, which lead from a graph to a trace: beside the buckets of `grpc_request_duration_seconds`, on
   * `grpc_requests_total`, and on the user's own counters and histograms. `true` takes the trace and span id of OpenTelemetry's
   * active span where it is sampled, and needs @opentelemetry/api; a function gives labels of its own, of at most 128
   * characters, or undefined. It is asked when a call begins, when its handler is called, and when the user's metrics are touched.
   * Scrapes in OpenMetrics and protobuf carry them. Off by default.
   */
  readonly exemplars?: boolean | TraceLabels | undefined;
  /**
   * Services (`pkg.Service`) and methods (`pkg.Service/Method`) that are not recorded.
   * Health, reflection and channelz by default; `[]` records them too.
   */
  readonly exclude?: readonly string[] | undefined;
  /**
   * CPU, memory and file descriptors of the process (`process_*`), event loop, heap and garbage collection of Node.js
   * (`nodejs_*`). Off by default: not for services whose scrapes have prom-client's default metrics already.
   */
  readonly runtime?: boolean | undefined;
  /**
   * Which targets of clients (`dns:orders:50051`) have a name of their own in the label `target`; the others are `other`.
   * All by default, up to a hundred. For clients that connect to addresses that come and go.
   */
  readonly targets?: ((target: string) => boolean) | undefined;
}

/** The metrics of one process: of its gRPC servers and clients, and the user's own. */
export class GrpcMetrics {
  readonly #faults = new Faults();
  readonly #registry: Registry;
  readonly #interceptor: ServerInterceptor;
  readonly #store: ServerStore;
  readonly #clients: ClientStore;
  readonly #observeClient: ClientObserver;
  readonly #targets: TargetRegistries;
  readonly #included: IncludedRegistries;
  readonly #vocabularies: Vocabularies;
  readonly #source: ScrapeSource = {
    vocabularies: vocabularyNames,
    collect: (asked) => this.#collectAll(asked),
    failed: (error) => this.#faults.count('scrape', error),
    stats: new ScrapeStats(),
  };

  /** Throws `MetricsError` for options that cannot be right. */
  constructor(options: GrpcMetricsOptions = {}) {
    const { service = {}, nativeHistograms, exclude, runtime = false, targets } = options;
    const naming = chooseVocabularies(options.naming, options.buckets);
    const buckets = unionOfBounds(naming);
    const native = checkNative('nativeHistograms', nativeHistograms);
    const traceLabels = traceLabelsOf(options.exemplars);
    const exemplars = traceLabels && new Exemplars(traceLabels, this.#faults);
    this.#registry = new Registry(this.#faults, { native, exemplars });
    this.#store = new ServerStore(this.#faults, { buckets, exclude, native, exemplars });
    this.#interceptor = serverInterceptor(this.#store);
    this.#clients = new ClientStore(this.#faults, { buckets, exclude, native, exemplars, targets });
    this.#observeClient = clientObserver(this.#clients);
    this.#targets = new TargetRegistries(() => this.collect());
    this.#included = new IncludedRegistries(this.#faults, {
      ownerOf: (sample) => this.#registry.ownerOf(sample),
      has: (metric) => this.#targets.has(metric),
    });
    this.#registry.join(this.#targets);
    this.#registry.join(this.#included);
    this.#vocabularies = new Vocabularies(naming, { server: this.#store, client: this.#clients, faults: this.#faults });
    this.#registry.add(this.#vocabularies);
    this.#registry.add(serviceCollector(described(service)));
    this.#registry.add(self(this.#faults));
    this.#registry.add(scrape(this.#source.stats));
    if (runtime) {
      this.#registry.add(processMetrics());
      this.#registry.add(nodeMetrics());
    }
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
   * Options for a client of @grpc/grpc-js 1.10 or later whose calls are to be observed:
   * `new Client(address, credentials, metrics.clientOptions())`, and so for every generated client.
   *
   * Takes the options that the client would have without us, and leaves that object as it is: interceptors, of the client
   * and of single calls, `channelOverride`, `channelFactoryOverride` and `callInvocationTransformer` work as before.
   * Calls are recorded as their channel ends them; what an interceptor answers itself is no call.
   */
  clientOptions(): ObservedClientOptions<object>;
  clientOptions<Options extends object>(options: Options): ObservedClientOptions<Options>;
  clientOptions(options: object = {}): ObservedClientOptions<object> {
    return this.#observeClient(options);
  }

  /**
   * Gives the methods of a service that is going to be called their client series, all zero, before the first call:
   * ratios are 0 and not absent, and the first failure shows in `rate()`. Throws `invalid_option` for what is no definition.
   *
   * A definition is what generated code exports, and `loadPackageDefinition(...).pkg.Service.service`.
   */
  preregister(definition: ServiceDefinition): this {
    declareService(definition, this.#clients);
    return this;
  }

  /**
   * A counter of the user's own, in the same scrape: with `labelNames` the family, without them its one series.
   * Declaring the same again returns the same metric; another declaration of the name throws `metric_conflict`.
   */
  counter<Name extends string>(spec: LabeledSpec<Name>): Family<Name, Counter>;
  counter(spec: MetricSpec): Counter;
  counter(spec: MetricSpec | LabeledSpec<string>): Counter | Family<string, Counter> {
    return this.#registry.counter(spec);
  }

  /** As `counter`, for a value that goes up and down. */
  gauge<Name extends string>(spec: LabeledSpec<Name>): Family<Name, Gauge>;
  gauge(spec: MetricSpec): Gauge;
  gauge(spec: MetricSpec | LabeledSpec<string>): Gauge | Family<string, Gauge> {
    return this.#registry.gauge(spec);
  }

  /** As `counter`, for a distribution. Throws `invalid_buckets` unless the bounds are finite and increase. */
  histogram<Name extends string>(spec: LabeledSpec<Name> & Buckets): Family<Name, Histogram>;
  histogram(spec: MetricSpec & Buckets): Histogram;
  histogram(spec: (MetricSpec | LabeledSpec<string>) & Buckets): Histogram | Family<string, Histogram> {
    return this.#registry.histogram(spec);
  }

  /**
   * Scrapes a registry of prom-client 15 or @prometheus-io/client along, in every format; `collect()` alone is without it.
   *
   * Each of its metrics is read on its own: one that throws, hangs, lies or has a name that is in use is left out of the scrape, counted
   * in `grpc_vitals_errors_total{stage="include"}` and named in a warning, and costs nothing else. The registry is not changed.
   *
   * Throws `metric_conflict` for a name that is in use here, as does a later declaration of ours for one that is in use there;
   * `invalid_option` for what is not such a registry.
   */
  include(registry: ForeignRegistry, options?: IncludeOptions): this {
    this.#included.add(registry, options);
    return this;
  }

  /**
   * Puts every metric of ours, also those that are declared later, into a registry of prom-client 15 or @prometheus-io/client,
   * so that its endpoint, `merge`, default labels, Pushgateway and cluster have them too. Native buckets have no place there,
   * and the registry's `resetMetrics` does not reset ours.
   *
   * Throws `metric_conflict`, and registers nothing, where a name is in use there; `invalid_option` for what is not such a registry.
   */
  registerInto(registry: ForeignRegistry, options?: RegisterOptions): this {
    this.#targets.add(registry, options);
    return this;
  }

  /** Every metric of ours at this moment, as plain data; without those of included registries, which have to be waited for. */
  collect(): MetricFamily[] {
    return this.#registry.collect();
  }

  /**
   * One scrape in the format that this Accept header asks for; Prometheus's text format 0.0.4 without one.
   * Included registries are read first; then ours, each series as it is when it is written down, without blocking the event loop.
   * `naming` asks for these vocabularies; rejects with `invalid_option` for one that there is not.
   */
  async render(accept?: string, naming: readonly VocabularyName[] = []): Promise<Rendered> {
    const encoding = negotiate(accept);
    const families = await this.#collectAll({ names: [], naming });
    return { contentType: encoding.contentType, body: await renderWhole(families, encoding) };
  }

  /** Ours are read last, so that they are as new as the scrape. */
  async #collectAll({ names, naming }: Asked): Promise<LiveFamily[]> {
    const read = this.#vocabularies.readerOf(naming, (sample) => this.#ownerOf(sample));
    const foreign = await this.#included.read(names);
    return [...this.#registry.live(read), ...foreign];
  }

  #ownerOf(sample: string): string | undefined {
    return this.#registry.ownerOf(sample) ?? this.#included.ownerOf(sample);
  }

  /** Answers scrapes on an HTTP server that the user has, at whatever path it is put. Throws `invalid_option`. */
  handler(options?: HandlerOptions): RequestHandler {
    return scrapeHandler(this.#source, options);
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

function traceLabelsOf(choice: GrpcMetricsOptions['exemplars']): TraceLabels | undefined {
  if (choice === undefined || choice === false) return undefined;
  if (choice === true) return activeSpan();
  if (typeof choice === 'function') return choice;
  throw new MetricsError('invalid_option', `exemplars must be true, false or a function, not ${printable(choice)}`);
}
