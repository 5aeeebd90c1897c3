import { type ClientObserver, clientObserver, declareService } from './adapters/grpc-js/client/client-options.ts';
import { instrumentServer } from './adapters/grpc-js/server/instrument.ts';
import { serverInterceptor } from './adapters/grpc-js/server/interceptor.ts';
import type {
  GrpcServer,
  ObservedClientOptions,
  ServerInterceptor,
  ServiceDefinition,
} from './adapters/grpc-js/types.ts';
import { activeSpan } from './bridge/opentelemetry.ts';
import { IncludedRegistries, type IncludeOptions } from './bridge/prom-client/include.ts';
import { type RegisterOptions, TargetRegistries } from './bridge/prom-client/register-into.ts';
import type { ForeignRegistry } from './bridge/prom-client/types.ts';
import { checkObject } from './core/check-object.ts';
import type { Counter } from './core/counter.ts';
import { MetricsError } from './core/errors.ts';
import { Exemplars, type TraceLabels } from './core/exemplars.ts';
import type { Family } from './core/family.ts';
import type { Gauge } from './core/gauge.ts';
import type { Histogram } from './core/histogram.ts';
import { checkNative } from './core/native/native-options.ts';
import { printable } from './core/printable.ts';
import { Registry } from './core/registry.ts';
import type { LiveFamily, MetricFamily } from './core/snapshot.ts';
import type { Buckets, LabeledSpec, MetricSpec } from './core/user/spec.ts';
import type { RequestHandler } from './http/request-handler.ts';
import type { LiveSource } from './live/live.ts';
import { liveSource } from './live-source.ts';
import { CallCollector } from './naming/call-collector.ts';
import { chooseVocabularies, namesTargets, unionOfBounds } from './naming/choice.ts';
import { callLabels } from './naming/label-names.ts';
import { nodeMetrics } from './naming/own/node.ts';
import { processMetrics } from './naming/own/process.ts';
import { scrape } from './naming/own/scrape.ts';
import { self } from './naming/own/self.ts';
import { service as serviceCollector } from './naming/own/service.ts';
import { type VocabularyName, vocabularyNames } from './naming/vocabularies/all.ts';
import type { GrpcMetricsOptions } from './options.ts';
import { described } from './package-info.ts';
import { type CallListener, type CallListenerOptions, CallListeners } from './rpc/call-listeners.ts';
import { ClientStore } from './rpc/client-store.ts';
import { Faults } from './rpc/faults.ts';
import { SeriesBudget } from './rpc/limits/budget.ts';
import { chooseDetails } from './rpc/methods/details.ts';
import { ServerStore } from './rpc/server-store.ts';
import { type HandlerOptions, type Rendered, scrapeHandler } from './scrape/handler.ts';
import { negotiate, type Offer, offerAll } from './scrape/negotiate.ts';
import { renderWhole } from './scrape/render.ts';
import type { Asked, ScrapeSource } from './scrape/renderings.ts';
import { ScrapeStats } from './scrape/scrape-stats.ts';
import { type ExposeOptions, expose, type MetricsEndpoint } from './serve/endpoint.ts';

/** The metrics of one process: of its gRPC servers and clients, and the user's own. */
export class GrpcMetrics {
  readonly #faults = new Faults();
  readonly #listeners = new CallListeners(this.#faults);
  readonly #registry: Registry;
  readonly #interceptor: ServerInterceptor;
  readonly #store: ServerStore;
  readonly #clients: ClientStore;
  readonly #observeClient: ClientObserver;
  readonly #targets: TargetRegistries;
  readonly #included: IncludedRegistries;
  readonly #calls: CallCollector;
  readonly #source: ScrapeSource & { readonly offer: Offer };
  readonly #live: () => LiveSource;

  /** Throws `MetricsError` for options that cannot be right. */
  constructor(options: GrpcMetricsOptions = {}) {
    checkObject('options must be an object', options);
    const {
      service = {},
      nativeHistograms,
      include,
      exclude,
      runtime = false,
      targets,
      attempts,
      createdSamples = false,
    } = options;
    const naming = chooseVocabularies(options.naming, options.buckets, Object.keys(options.labels ?? {}));
    const details = chooseDetails(options.details);
    const buckets = unionOfBounds(naming, details.streamDurations);
    this.#source = {
      vocabularies: vocabularyNames,
      collect: (asked) => this.#collectAll(asked),
      failed: (error) => this.#faults.count('scrape', error),
      offer: offerAll(createdSamples),
      stats: new ScrapeStats(),
    };
    const native = checkNative('nativeHistograms', nativeHistograms);
    const traceLabels = traceLabelsOf(options.exemplars);
    const exemplars = traceLabels && new Exemplars(traceLabels, this.#faults);
    this.#registry = new Registry(this.#faults, { native, exemplars });
    const budget = new SeriesBudget(options.maxSeries);
    const labels = callLabels(options.labels, this.#faults);
    const listeners = this.#listeners;
    const both = { buckets, include, exclude, native, exemplars, labels, budget, listeners, details };
    this.#store = new ServerStore(this.#faults, both);
    this.#interceptor = serverInterceptor(this.#store);
    this.#clients = new ClientStore(this.#faults, { ...both, targets, byTarget: namesTargets(naming), attempts });
    this.#observeClient = clientObserver(this.#clients);
    this.#targets = new TargetRegistries(() => this.collect());
    this.#included = new IncludedRegistries(this.#faults, {
      ownerOf: (sample) => this.#registry.ownerOf(sample),
      has: (metric) => this.#targets.has(metric),
    });
    this.#registry.join(this.#targets);
    this.#registry.join(this.#included);
    this.#calls = new CallCollector(naming, { server: this.#store, client: this.#clients, faults: this.#faults });
    this.#registry.add(this.#calls);
    const info = serviceCollector(described(service));
    this.#registry.add(info);
    this.#registry.add(self(this.#faults, { server: this.#store, client: this.#clients }));
    this.#registry.add(scrape(this.#source.stats));
    const process = runtime ? [processMetrics(), nodeMetrics()] : [];
    for (const collector of process) this.#registry.add(collector);
    const parts = {
      registry: this.#registry,
      included: this.#included,
      calls: this.#calls,
      chosen: naming,
      runtime: process,
      service: info.labels,
      failed: (error: unknown) => this.#faults.count('scrape', error),
    };
    this.#live = () => liveSource(parts);
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
   * Throws `unsupported_client` where attempts are wanted and a channel in the options does not show them.
   */
  clientOptions(): ObservedClientOptions<object>;
  clientOptions<Options extends object>(options: Options): ObservedClientOptions<Options>;
  clientOptions(options: object = {}): ObservedClientOptions<object> {
    checkObject('clientOptions() takes the options of a client, an object', options);
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
   * Tells the listener of each call that begins from now on when it has ended, of servers and clients, soon after and outside of it.
   * What it throws, or rejects with, is counted in `grpc_vitals_errors_total{stage="listener"}`, and so are calls that
   * it is too slow to be told of. Returns what ends it. Throws `invalid_option` for what is no function.
   */
  onCall(listener: CallListener, options?: CallListenerOptions): () => void {
    return this.#listeners.add(listener, options);
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
    const encoding = negotiate(accept, this.#source.offer);
    const families = await this.#collectAll({ names: [], naming });
    return { contentType: encoding.contentType, body: await renderWhole(families, encoding) };
  }

  /** Ours come last, so that they are as new as the scrape and count what went wrong with the others. */
  async #collectAll({ names, naming }: Asked): Promise<LiveFamily[]> {
    const read = this.#calls.readerOf(naming, (sample) => this.#ownerOf(sample));
    const foreign = await this.#included.read(names);
    return [...foreign, ...this.#registry.live(read)];
  }

  #ownerOf(sample: string): string | undefined {
    return this.#registry.ownerOf(sample) ?? this.#included.ownerOf(sample);
  }

  /** Answers scrapes on an HTTP server that the user has, at whatever path it is put. Throws `invalid_option`. */
  handler(options?: HandlerOptions): RequestHandler {
    return scrapeHandler(this.#source, options);
  }

  /** Starts an HTTP server of its own, on port 8000 by default, with the live page at `/`. Rejects with `port_in_use`, `listen_failed` or `invalid_option`. */
  expose(options?: ExposeOptions): Promise<MetricsEndpoint> {
    return expose({ ...this.#source, live: this.#live() }, options);
  }
}

/** Observes a server of @grpc/grpc-js before it is bound: `new GrpcMetrics(options).instrument(server)`. */
export function instrument(server: GrpcServer, options?: GrpcMetricsOptions): GrpcMetrics {
  return new GrpcMetrics(options).instrument(server);
}

function traceLabelsOf(choice: GrpcMetricsOptions['exemplars']): TraceLabels | undefined {
  if (choice === undefined || choice === false) return undefined;
  if (choice === true) return activeSpan();
  if (typeof choice === 'function') return choice;
  throw new MetricsError('invalid_option', `exemplars must be true, false or a function, not ${printable(choice)}`);
}
