export type {
  GrpcMethodDefinition,
  GrpcServer,
  GrpcServerInterceptor,
  GrpcServiceDefinition,
  ObservedClientOptions,
} from './adapters/grpc-js/types.ts';
export type { MetricProducer } from './bridge/otel/metric-data.ts';
export type { PromClientAggregator } from './bridge/prom-client/aggregator.ts';
export type { IncludeRegistryOptions } from './bridge/prom-client/include.ts';
export type { RegisterIntoOptions } from './bridge/prom-client/register-into.ts';
export type { PromClientRegistry } from './bridge/prom-client/types.ts';
export { exponentialBuckets, linearBuckets } from './core/buckets.ts';
export { MetricsError, type MetricsErrorCode } from './core/errors.ts';
export type { ExemplarSource } from './core/exemplars.ts';
export type { MetricsLogger, WarningDetails } from './core/logger.ts';
export type { NativeHistogramOptions } from './core/native/native-histogram.ts';
export type { NativeHistogramChoice } from './core/native/native-options.ts';
export type {
  Exemplar,
  HistogramFamily,
  HistogramSeries,
  Labels as MetricLabels,
  MetricFamily,
  MetricType,
  NativeBuckets,
  NumberFamily,
  NumberSeries,
  SummaryFamily,
  SummarySeries,
} from './core/snapshot.ts';
export type { Counter } from './core/user/counter.ts';
export type { LabeledMetric } from './core/user/family.ts';
export type { Gauge } from './core/user/gauge.ts';
export type { Histogram, LabeledHistogram } from './core/user/histogram.ts';
export type { ObserveOptions } from './core/user/metric-context.ts';
export type { LabeledValue } from './core/user/read-gauge.ts';
export type { LabelValues } from './core/user/series-keys.ts';
export type { GaugeMerge } from './core/user/series-watcher.ts';
export type {
  GaugeSpec,
  HistogramSpec,
  LabeledGaugeSpec,
  LabeledHistogramSpec,
  LabeledMetricSpec,
  LabeledReadGaugeSpec,
  MetricSpec,
  ReadGaugeSpec,
} from './core/user/spec.ts';
export type { UserMetrics } from './core/user/user-metrics.ts';
export type { EndpointTlsOptions } from './http/tls/tls-options.ts';
export { GrpcMetrics, instrument } from './metrics.ts';
export type { VocabularyOptions } from './naming/choice.ts';
export type { DurationBuckets, MethodBuckets } from './naming/duration-buckets.ts';
export type { VocabularyName } from './naming/vocabularies/all.ts';
export type { ClientMetricsOptions, GrpcMetricsOptions, ProcessesOptions, ServiceOptions } from './options.ts';
export type { CallEndListener, CallEndListenerOptions } from './rpc/call-listeners.ts';
export type { CallAuthContext, CallMetadata, CallStart } from './rpc/call-start.ts';
export type { FinishedCall } from './rpc/finished-call.ts';
export type { CallLabelsSpec } from './rpc/limits/call-labels.ts';
export type { CallLabel, LateCallLabel } from './rpc/limits/variable-label.ts';
export type { CallDetailChoice, CallDetailsOptions } from './rpc/methods/details.ts';
export type { GrpcMethodType } from './rpc/methods/method-type.ts';
export type { GrpcStatusName } from './rpc/status.ts';
export type { ScrapeHandler } from './scrape/handler.ts';
export type { ScrapeHandlerOptions } from './scrape/handler-options.ts';
export type { RenderedScrape, RenderScrapeOptions } from './scrape/rendered-scrape.ts';
export type { MetricsEndpoint } from './serve/endpoint.ts';
export type { ExposeOptions } from './serve/expose-options.ts';
export type { LastScrapeOptions } from './serve/last-scrape.ts';
export type { ShutdownOptions } from './serve/shutdown-options.ts';
