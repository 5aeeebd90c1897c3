export type {
  GrpcServer,
  MethodDefinition,
  ObservedClientOptions,
  ServerInterceptor,
  ServiceDefinition,
} from './adapters/grpc-js/types.ts';
export type { Aggregator } from './bridge/aggregator.ts';
export type { IncludeOptions } from './bridge/include.ts';
export type { RegisterOptions } from './bridge/register.ts';
export type { ForeignRegistry } from './bridge/types.ts';
export type { Counter } from './core/counter.ts';
export { MetricsError, type MetricsErrorCode } from './core/errors.ts';
export type { TraceLabels } from './core/exemplars.ts';
export type { Family, LabelValues } from './core/family.ts';
export type { Gauge } from './core/gauge.ts';
export type { Histogram } from './core/histogram.ts';
export type { NativeHistogramOptions } from './core/native-histogram.ts';
export type { NativeHistogramChoice } from './core/native-histogram-options.ts';
export type { Buckets, LabeledSpec, MetricSpec } from './core/registry.ts';
export type {
  Exemplar,
  HistogramFamily,
  HistogramSeries,
  Labels,
  MetricFamily,
  MetricType,
  NativeBuckets,
  NumberFamily,
  NumberSeries,
  SummaryFamily,
  SummarySeries,
} from './core/snapshot.ts';
export { GrpcMetrics, instrument } from './metrics.ts';
export type { VocabularyName, VocabularyOptions } from './naming/vocabulary.ts';
export type { GrpcMetricsOptions } from './options.ts';
export type { CallLabel, CallLabelsSpec } from './rpc/call-labels.ts';
export type { CallListener, CallListenerOptions } from './rpc/call-listeners.ts';
export type { CallAuthContext, CallMetadata, CallStart } from './rpc/call-start.ts';
export type { CallDetails, DetailChoice } from './rpc/details.ts';
export type { FinishedCall } from './rpc/finished-call.ts';
export type { MethodType } from './rpc/method-type.ts';
export type { StatusName } from './rpc/status.ts';
export type { ExposeOptions, MetricsEndpoint } from './serve/endpoint.ts';
export type { HandlerOptions, Rendered, RequestHandler } from './serve/handler.ts';
