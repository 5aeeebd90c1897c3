import { createRequire } from 'node:module';
import type * as Grpc from '@grpc/grpc-js';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { GrpcMetrics } from '../src/metrics.ts';

/** What the process is told, by its arguments and by messages. */
export type Role = 'server' | 'bare' | 'grpc-vitals' | 'grpc-vitals, attempts too' | 'opentelemetry';

const path = '/bench.v1.Bench/Unary';
const identity = (bytes: Buffer) => bytes;
const message = Buffer.from('message');
const service = {
  Unary: {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  },
} as const;

/** Calls under way at a time. */
const concurrency = 20;

const [, , role, address] = process.argv as [string, string, Role, string | undefined];
const instrumentation = role === 'opentelemetry' ? openTelemetry() : undefined;
// After the instrumentation, which changes the module as it is loaded.
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof Grpc;
if (role === 'server') serve();
else call();

function serve(): void {
  const server = new grpc.Server();
  server.addService(service, {
    Unary: (_call: unknown, callback: Grpc.sendUnaryData<Buffer>) => callback(null, message),
  });
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.send!(`127.0.0.1:${port}`);
  });
}

/** Answers each number of calls with the CPU time that one of them took, in microseconds. */
function call(): void {
  const attempts = role === 'grpc-vitals, attempts too';
  const options = attempts || role === 'grpc-vitals' ? new GrpcMetrics({ client: { attempts } }).clientOptions() : {};
  const Client = grpc.makeGenericClientConstructor(service, 'Bench');
  const client = new Client(address!, grpc.credentials.createInsecure(), options);
  const unary = () =>
    new Promise<void>((resolve, reject) => {
      client.Unary!(message, (error: Error | null) => (error ? reject(error) : resolve()));
    });
  const worker = async (calls: number) => {
    for (let index = 0; index < calls; index += 1) await unary();
  };
  const measure = async (calls: number) => {
    const before = process.cpuUsage();
    await Promise.all(Array.from({ length: concurrency }, () => worker(calls / concurrency)));
    const { user, system } = process.cpuUsage(before);
    process.send!((user + system) / calls);
  };
  process.on('message', (calls: number) => void measure(calls));
  process.send!('ready');
}

/**
 * instrumentation-grpc 0.223 records spans and no metric. The same numbers from it: each span's duration into a
 * histogram by method and status, as a span processor does in the collector.
 */
function openTelemetry(): GrpcInstrumentation {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const reader = new PrometheusExporter({ preventServerStart: true });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('bench');
  const duration = meter.createHistogram('rpc.client.call.duration', { unit: 's' });
  const record: SpanProcessor = {
    onStart: () => {},
    onEnd: ({ attributes, duration: [seconds, nanoseconds] }: ReadableSpan) => {
      const labels = {
        'rpc.method': attributes['rpc.method'],
        'rpc.grpc.status_code': attributes['rpc.grpc.status_code'],
      };
      duration.record(seconds + nanoseconds / 1e9, labels);
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const grpcInstrumentation = new GrpcInstrumentation();
  grpcInstrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [record] }));
  grpcInstrumentation.enable();
  return grpcInstrumentation;
}

process.on('disconnect', () => {
  instrumentation?.disable();
  process.exit();
});
