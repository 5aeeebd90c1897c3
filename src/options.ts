import type { TraceLabels } from './core/exemplars.ts';
import type { NativeHistogramChoice } from './core/native/native-options.ts';
import type { VocabularyOptions } from './naming/choice.ts';
import type { VocabularyName } from './naming/vocabularies/all.ts';
import type { CallLabelsSpec } from './rpc/limits/call-labels.ts';
import type { CallDetails } from './rpc/methods/details.ts';

/** Every field has a default, which its comment says. */
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
   * active span where it is sampled, and needs a running SDK; a function gives labels of its own, of at most 128
   * characters, or undefined. It is asked when a call begins, when its handler is called, and when the user's metrics are touched.
   * Scrapes in OpenMetrics and protobuf carry them. Off by default.
   */
  readonly exemplars?: boolean | TraceLabels | undefined;
  /**
   * Whether scrapes in OpenMetrics say with a `_created` sample since when each counter and histogram counts. Prometheus
   * stores those as series of their own; protobuf always has the time. Off by default.
   */
  readonly createdSamples?: boolean | undefined;
  /**
   * Services (`pkg.Service`) and methods (`pkg.Service/Method`) that are not recorded; their calls are counted as one.
   * Health, reflection and channelz by default; `[]` records them too.
   */
  readonly exclude?: readonly string[] | undefined;
  /** The only services and methods that are recorded; `exclude`, which then is empty by default, takes away from them. All by default. */
  readonly include?: readonly string[] | undefined;
  /**
   * Labels of yours on every metric of calls: `{ region: 'eu' }` for all, or read from each call as it begins:
   * `{ tenant: { from: (call) => call.metadata.get('x-tenant'), maxValues: 50 } }`. None by default.
   */
  readonly labels?: CallLabelsSpec | undefined;
  /**
   * What else is recorded of calls: `{ messageSizes: true, streamMessages: true, streamDurations: true, deadlines: true }`, or
   * bounds in place of `true`. None of it by default.
   */
  readonly details?: CallDetails | undefined;
  /**
   * Most series of calls, a series being one combination of side, method, labels of yours and, with `grpc` or `otel`, target. What does not fit is
   * counted under `other`. 2,000 by default: with the default metrics some 60,000 lines of a scrape.
   */
  readonly maxSeries?: number | undefined;
  /**
   * CPU, memory and file descriptors of the process (`process_*`), event loop, heap and garbage collection of Node.js
   * (`nodejs_*`). Off by default: not for services whose scrapes have prom-client's default metrics already.
   */
  readonly runtime?: boolean | undefined;
  /**
   * Which targets of clients (`dns:orders:50051`) have a name of their own, in the label `target` and, with the vocabularies `grpc` and
   * `otel`, on calls; the others are `other`.
   * All by default, up to a hundred. For clients that connect to addresses that come and go.
   */
  readonly targets?: ((target: string) => boolean) | undefined;
  /**
   * Each attempt of clients' calls with its own status and duration, transparent retries and hedges included, and clients' open
   * connections. Experimental: it uses private members of grpc-js's channels, seen on 1.10 to 1.14. A channel without them
   * throws `unsupported_client` where it is given in the client's options, and else is counted as a fault at its first
   * call, said once, and has no attempts. Off by default.
   */
  readonly attempts?: boolean | undefined;
}
