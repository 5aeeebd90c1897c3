import type { ExemplarSource } from './core/exemplars.ts';
import type { MetricsLogger } from './core/logger.ts';
import type { NativeHistogramChoice } from './core/native/native-options.ts';
import type { VocabularyOptions } from './naming/choice.ts';
import type { DurationBuckets } from './naming/duration-buckets.ts';
import type { VocabularyName } from './naming/vocabularies/all.ts';
import type { CallLabelsSpec } from './rpc/limits/call-labels.ts';
import type { CallDetailsOptions } from './rpc/methods/details.ts';

/**
 * Options of `GrpcMetrics`. Each option has a default, which its comment names.
 *
 * An unknown key or a value of the wrong type throws `invalid_option`.
 */
export interface GrpcMetricsOptions {
  /** Labels of `grpc_service_info`. */
  readonly service?: ServiceOptions | undefined;
  /**
   * The vocabularies in which scrapes name the calls, each once. By default `['basic']`.
   *
   * `{ use: 'go', namespace: 'shop' }` changes a vocabulary. A scrape can ask for others: `/metrics?naming=go`.
   * Calls are recorded once, whatever this option says.
   */
  readonly naming?: readonly (VocabularyName | VocabularyOptions)[] | undefined;
  /**
   * Upper bounds of `grpc_request_duration_seconds` and `grpc_client_request_duration_seconds`, in seconds, increasing.
   * By default 5 ms to 10 s.
   *
   * A service or a method can have bounds of its own: `{ default: [0.01, 0.1, 1], 'shop.v1.Feed': [1, 60, 3600] }`.
   */
  readonly buckets?: DurationBuckets | undefined;
  /**
   * Native histograms: exponential buckets beside the classic ones. By default off.
   *
   * `grpc_request_duration_seconds` gets them, and the histograms of `histogram()` that do not say otherwise. `true`
   * means `{ factor: 1.1, maxBuckets: 160 }`. Only scrapes in Prometheus's protobuf format carry them. Prometheus 2 then
   * drops the `_bucket` series.
   */
  readonly nativeHistograms?: NativeHistogramChoice | undefined;
  /**
   * Exemplars, which lead from a graph to a trace. By default off.
   *
   * `true` takes the trace id and the span id of OpenTelemetry's active span if it is sampled, and needs a running SDK.
   * A function returns labels of your own, with at most 128 characters in all, or undefined. The library calls it when
   * a call begins, when the call's handler runs, and when your counters and histograms change. Exemplars stand beside
   * the buckets of `grpc_request_duration_seconds`, on `grpc_requests_total`, and on your counters and histograms.
   * Scrapes in OpenMetrics and protobuf carry them.
   */
  readonly exemplars?: boolean | ExemplarSource | undefined;
  /**
   * Whether scrapes in OpenMetrics have a `_created` sample for each counter and histogram. By default off.
   *
   * The sample says since when the metric counts. Prometheus stores it as one more series. Protobuf always has this time.
   */
  readonly createdSamples?: boolean | undefined;
  /**
   * The only services (`pkg.Service`) and methods (`pkg.Service/Method`) whose calls are recorded. By default all.
   * `exclude` removes calls from these.
   */
  readonly only?: readonly string[] | undefined;
  /**
   * Services (`pkg.Service`) and methods (`pkg.Service/Method`) whose calls are not recorded, but counted as one number.
   *
   * By default the health, reflection and channelz services; with `only` none. `[]` records them too.
   */
  readonly exclude?: readonly string[] | undefined;
  /**
   * Your labels on every metric of calls, by name. By default none.
   *
   * `{ region: 'eu' }` is the same for all calls. A function reads a label from each call as it begins:
   * `{ tenant: { from: (call) => call.metadata.get('x-tenant'), maxValues: 50 } }`.
   */
  readonly callLabels?: CallLabelsSpec | undefined;
  /**
   * Labels with one value each, on every series of the endpoint: `{ region: 'eu' }`. By default none.
   *
   * Your own metrics and those of included registries have them too, and so have `collect()`, `render()` and registries
   * that `registerInto()` fills. A series' own label of the same name wins.
   */
  readonly constantLabels?: Readonly<Record<string, string>> | undefined;
  /**
   * More metrics of each call. By default none.
   *
   * `{ messageSizes: true, streamMessages: true, streamDurations: true, deadlines: true }`, or bounds instead of `true`.
   */
  readonly details?: CallDetailsOptions | undefined;
  /**
   * Most series of calls. By default 2,000, which are about 60,000 lines of a scrape with the default metrics.
   *
   * A series is one combination of side, method, your labels and, with the vocabularies `grpc` and `otel`, target.
   * Calls beyond the limit are counted under `other`.
   */
  readonly maxCallSeries?: number | undefined;
  /**
   * Metrics of the process (`process_*`: CPU, memory, file descriptors) and of Node.js (`nodejs_*`: event loop, heap,
   * garbage collection). By default off: scrapes that have prom-client's default metrics have most of them already.
   */
  readonly runtime?: boolean | undefined;
  /** What is recorded of clients only. */
  readonly client?: ClientMetricsOptions | undefined;
  /**
   * Whether all processes of the service answer as one: each scrape then has the sum of all of them, whichever process answers. By default off.
   *
   * For node:cluster, PM2, systemd, worker threads, and several processes in one container. Each process needs this option.
   */
  readonly processes?: boolean | ProcessesOptions | undefined;
  /** Receives the library's warnings: `console`, or a logger of yours. By default `process.emitWarning` does. */
  readonly logger?: MetricsLogger | undefined;
}

/** Labels of `grpc_service_info`. Name and version come from the package.json nearest to the program's main file by default. */
export interface ServiceOptions {
  /** The label `service`. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** A label of your own. */
  readonly [label: string]: string | undefined;
}

/** Options for a service of several processes. */
export interface ProcessesOptions {
  /**
   * The folder in which the processes keep their numbers, on a tmpfs. All processes with the same folder belong together. By default it
   * is below `/dev/shm`, and the workers of one node:cluster, one application of PM2, or all processes of a user that run the same file belong together.
   */
  readonly folder?: string | undefined;
  /** Most bytes of the folder, at least a million. By default 32 MiB. What does not fit is missing in scrapes, and counted. */
  readonly maxBytes?: number | undefined;
}

/** Options for the calls that a process makes as a client. */
export interface ClientMetricsOptions {
  /**
   * Whether a target (`dns:orders:50051`) has a name of its own. By default all targets have, up to a hundred.
   *
   * The others are `other`, in the label `target` and, with the vocabularies `grpc` and `otel`, on calls. For clients
   * that connect to addresses that come and go.
   */
  readonly targets?: ((target: string) => boolean) | undefined;
  /**
   * Whether each attempt at a call is recorded with its own status and duration, and open connections. By default off.
   *
   * Transparent retries and hedges are attempts too. Experimental: it uses private members of grpc-js's channels, seen
   * on 1.10 to 1.14. A channel without them throws `unsupported_client` if it is in the client's options. Any other
   * channel without them costs one warning at its first call, counts a fault and has no attempts.
   */
  readonly attempts?: boolean | undefined;
}
