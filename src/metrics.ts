import { declareService, observedOptions } from './adapters/grpc-js/client/client-options.ts';
import { ObservedChannels } from './adapters/grpc-js/client/observed-channels.ts';
import { instrumentServer } from './adapters/grpc-js/server/instrument.ts';
import { serverInterceptor } from './adapters/grpc-js/server/interceptor.ts';
import type {
  GrpcServer,
  GrpcServerInterceptor,
  GrpcServiceDefinition,
  ObservedClientOptions,
} from './adapters/grpc-js/types.ts';
import { assemble, type Parts } from './assemble.ts';
import type { MetricProducer } from './bridge/otel/metric-data.ts';
import type { IncludeRegistryOptions } from './bridge/prom-client/include.ts';
import type { RegisterIntoOptions } from './bridge/prom-client/register-into.ts';
import type { PromClientRegistry } from './bridge/prom-client/types.ts';
import { checkObject } from './core/check-object.ts';
import { invalidOption } from './core/errors.ts';
import { quoted } from './core/printable.ts';
import type { MetricFamily } from './core/snapshot.ts';
import { UserMetrics } from './core/user/user-metrics.ts';
import type { VocabularyName } from './naming/vocabularies/all.ts';
import type { GrpcMetricsOptions } from './options.ts';
import { labelLate } from './rpc/call.ts';
import type { CallEndListener, CallEndListenerOptions } from './rpc/call-listeners.ts';
import { type ScrapeHandler, scrapeHandler } from './scrape/handler.ts';
import type { ScrapeHandlerOptions } from './scrape/handler-options.ts';
import { type RenderedScrape, type RenderScrapeOptions, renderScrape } from './scrape/rendered-scrape.ts';
import type { MetricsEndpoint } from './serve/endpoint.ts';
import type { ExposeOptions } from './serve/expose-options.ts';
import type { ShutdownOptions } from './serve/shutdown-options.ts';

/**
 * Returns the parts of a `GrpcMetrics`, for this package's entries of other frameworks. `index.ts` does not export it.
 * Throws `invalid_option` for other values, and for a `GrpcMetrics` of another copy of this package.
 */
export let partsOf: (metrics: GrpcMetrics) => Parts;

/** The metrics of one process: of its gRPC servers and clients, and the user's own. */
export class GrpcMetrics extends UserMetrics {
  static {
    partsOf = (metrics) => {
      if (#parts in Object(metrics)) return metrics.#parts;
      throw invalidOption(`metrics must be a GrpcMetrics of this copy of grpc-vitals, not ${quoted(metrics)}`);
    };
  }

  readonly #parts: Parts;
  readonly #interceptor: GrpcServerInterceptor;
  readonly #channels: ObservedChannels;

  /** Throws `MetricsError` for options that cannot be right. */
  constructor(options: GrpcMetricsOptions = {}) {
    const parts = assemble(options);
    super(parts.registry);
    this.#parts = parts;
    this.#interceptor = serverInterceptor(this.#parts.server);
    this.#channels = new ObservedChannels(this.#parts.client);
  }

  /**
   * Observes a server of @grpc/grpc-js 1.10 or later: its calls, its connections, and what never becomes a call.
   * Call it before `bindAsync`, or after it if the server's options have `serverInterceptor()`. Services may be added before
   * and after. Several servers can share one `GrpcMetrics`.
   *
   * Throws `already_bound`, `already_instrumented`, or `unsupported_server` for what is no such server. A version of
   * grpc-js that has changed inside is observed as far as possible, with a warning.
   */
  instrument(server: GrpcServer): this {
    instrumentServer(server, this.#parts.server, this.#interceptor);
    return this;
  }

  /**
   * Returns the interceptor alone, for servers that others make: `new Server({ interceptors: [metrics.serverInterceptor()] })`.
   * Put it first in the list: the time of interceptors before it, nearer the wire, is not seen.
   *
   * It records every call to the server's methods as `instrument` does. It sees connections, unknown methods and
   * rejections from the first such call on, but not on injected connections. Methods have no series before their first
   * call, and exceptions no class.
   */
  serverInterceptor(): GrpcServerInterceptor {
    return this.#interceptor;
  }

  /**
   * Returns options that make a client of @grpc/grpc-js 1.10 or later observed: `new Client(address, credentials, metrics.clientOptions())`.
   *
   * `options` are the client's own. They stay as they are, and interceptors, `channelOverride`, `channelFactoryOverride`
   * and `callInvocationTransformer` work as before. A call is recorded as its channel ends it; an interceptor that
   * answers by itself makes no call. Throws `unsupported_client` if attempts are wanted and a channel does not show them.
   */
  clientOptions(): ObservedClientOptions<object>;
  clientOptions<Options extends object>(options: Options): ObservedClientOptions<Options>;
  clientOptions(options: object = {}): ObservedClientOptions<object> {
    checkObject('clientOptions() takes the options of a client, an object', options);
    return observedOptions(options, this.#channels);
  }

  /**
   * Returns the channel with every call on it recorded, for frameworks that make the `Client` themselves:
   *
   * ```ts
   * const client = createClient(OrdersDefinition, metrics.channel(createChannel('orders:50051'))); // nice-grpc
   * ```
   *
   * `preregister` makes the types of methods known; calls of other methods lack what only streams have.
   * Throws `unsupported_client` unless it is a channel of @grpc/grpc-js.
   */
  channel<Channel extends object>(channel: Channel): Channel {
    return this.#channels.give(channel);
  }

  /**
   * Gives the methods of a service their client series, all zero, before the first call: ratios are 0 and not absent, and
   * the first failure shows in `rate()`. Throws `invalid_option` unless `definition` is a service definition: what
   * generated code exports, or `loadPackageDefinition(...).pkg.Service.service`.
   */
  preregister(definition: GrpcServiceDefinition): this {
    declareService(definition, this.#parts.client);
    return this;
  }

  /**
   * Sets labels of a server's call that are declared as late: `{ tenant: { late: true } }` in `callLabels`.
   *
   * ```ts
   * const handler = (call, callback) => metrics.labelCall(call, { tenant: session.tenant });
   * ```
   *
   * `call` is the handler's call, its metadata, or the call or metadata of an interceptor. Until all late labels are set the
   * call is in flight under empty labels; those that are not set when it ends stay empty. Limits on values hold. Never
   * throws: wrong labels and calls are counted in `grpc_vitals_errors_total{stage="label"}`.
   */
  labelCall(call: object, labels: Readonly<Record<string, unknown>>): void {
    labelLate(this.#parts.server, call, labels);
  }

  /**
   * Calls `listener` after the end of each call that begins from now on, of servers and clients.
   *
   * The listener runs soon after the call and outside of it. The library counts what it throws or rejects with in
   * `grpc_vitals_errors_total{stage="listener"}`, and there also the calls that a slow listener misses.
   *
   * Returns a function that removes the listener. Throws `invalid_option` unless `listener` is a function.
   */
  onCallEnd(listener: CallEndListener, options?: CallEndListenerOptions): () => void {
    return this.#parts.listeners.add(listener, options);
  }

  /**
   * Adds a registry of prom-client 15 or @prometheus-io/client to every scrape, in every format. Does not change it.
   *
   * A metric of it that throws, takes too long or has a name in use is left out of the scrape, counted in
   * `grpc_vitals_errors_total{stage="include"}` and named in a warning. `collect()` is without included registries.
   * Throws `metric_conflict` for a name that is in use here, and `invalid_option` unless it is a registry.
   */
  include(registry: PromClientRegistry, options?: IncludeRegistryOptions): this {
    this.#parts.included.add(registry, options);
    this.#parts.includedLater();
    return this;
  }

  /**
   * Registers every metric, also each that you declare later, into a registry of prom-client 15 or @prometheus-io/client.
   *
   * Its endpoint, `merge`, default labels, Pushgateway and cluster then have them, without native buckets. Its
   * `resetMetrics` does not reset them. Throws `metric_conflict`, and registers nothing, if a name is in use there;
   * `invalid_option` unless it is a registry.
   */
  registerInto(registry: PromClientRegistry, options?: RegisterIntoOptions): this {
    this.#parts.targets.add(registry, options);
    return this;
  }

  /**
   * Returns every metric at this moment, as plain data: the library's and yours. It waits for nothing, so that included
   * registries and gauges whose `read` returns a promise are not in it.
   */
  collect(): MetricFamily[] {
    return this.#parts.collect();
  }

  /**
   * Returns a source for OpenTelemetry's metric readers, for who pushes with OTLP:
   *
   * ```ts
   * new PeriodicExportingMetricReader({ exporter, metricProducers: [metrics.producer()] })
   * ```
   *
   * It gives calls as `rpc.server.call.duration` and `rpc.client.call.duration`, in seconds, by the semantic conventions
   * for RPC 1.45.0, and the user's own metrics. Sums begin at the start of the process (cumulative), whatever the
   * reader prefers. `collect()` never rejects; what failed is in its `errors` and in `grpc_vitals_errors_total`. Fits @opentelemetry/sdk-metrics 2 and 3.
   */
  producer(): MetricProducer {
    return this.#parts.producer;
  }

  /**
   * Renders one scrape, for a response that you send yourself:
   *
   * ```ts
   * const { contentType, body } = await metrics.render({ accept: request.headers.accept });
   * ```
   *
   * Reads included registries first, then the library's own metrics, without blocking the event loop. Each series is as
   * it is when it is written down. Rejects with `invalid_option` for an unknown key or vocabulary.
   */
  render(options?: RenderScrapeOptions<VocabularyName>): Promise<RenderedScrape> {
    return renderScrape(this.#parts.source, options);
  }

  /**
   * Answers a scrape of a framework that turns a `Request` into a `Response`, such as Hono, Next.js, Bun and Deno:
   *
   * ```ts
   * app.get('/metrics', (c) => metrics.fetch(c.req.raw));
   * ```
   *
   * Has all that `handler()` has, with the default limits. Rejects with `invalid_option` unless it gets a `Request`.
   */
  async fetch(request: Request): Promise<Response> {
    return this.#parts.fetch(request);
  }

  /** Answers scrapes on a server of HTTP/1 or HTTP/2 that you have, at whatever path you put it. Throws `invalid_option`. */
  handler(options?: ScrapeHandlerOptions): ScrapeHandler {
    return scrapeHandler(this.#parts.source, options);
  }

  /**
   * Starts an HTTP server with `/metrics` and the live page, by default on port 8000. It does not keep the process alive.
   *
   * Rejects with `port_in_use`, `listen_failed`, `invalid_option`, `invalid_web_config`, or `already_closed` after `close()`. A rejection that
   * nobody waits for is a warning, and never ends the service.
   */
  expose(options?: ExposeOptions): Promise<MetricsEndpoint> {
    return this.#parts.endpoints.expose(options);
  }

  /**
   * Ends the service at a signal, so that the last counts are in Prometheus:
   *
   * ```ts
   * metrics.shutdownOn('SIGTERM', { timeoutSeconds: 25, afterDrain: () => pool.end() });
   * ```
   *
   * At once the instrumented servers accept no more calls, and `/-/ready` answers 503. Calls under way have
   * `drainSeconds` to end. Then comes `afterDrain`, then the last scrape of each endpoint, as with `lastScrape()`. Then
   * the library closes what it runs, and ends the process with `process.exit()`. All of it takes at most `timeoutSeconds`
   * and a second or two. A repeated signal changes nothing.
   *
   * Returns a function that stops listening for the signal. Throws `invalid_option`.
   */
  shutdownOn(signal: NodeJS.Signals, options?: ShutdownOptions): () => void {
    return this.#parts.shutdown.on(signal, options);
  }

  /**
   * Ends what runs by itself: endpoints, listeners, timers and observers. Nothing of it then keeps the process alive.
   *
   * For hot reload and tests. Servers and clients go on working, and their calls go on being recorded: `collect()` and
   * `render()` still answer. A second `close()` changes nothing.
   */
  close(): Promise<void> {
    return this.#parts.close();
  }
}

/** Observes a server of @grpc/grpc-js before it is bound: `new GrpcMetrics(options).instrument(server)`. */
export function instrument(server: GrpcServer, options?: GrpcMetricsOptions): GrpcMetrics {
  return new GrpcMetrics(options).instrument(server);
}
