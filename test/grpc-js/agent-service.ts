/** A service that OpenTelemetry traces, instrumented before its services are added or after; prints what was traced and recorded. */
import { createRequire } from 'node:module';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { GrpcMetrics } from '../../src/metrics.ts';

const started: string[] = [];
const processor: SpanProcessor = {
  onStart: ({ kind, name }) => {
    if (kind === SpanKind.SERVER) started.push(name);
  },
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
const instrumentation = new GrpcInstrumentation();
instrumentation.enable();

// Only now, so that the instrumentation sees it being loaded.
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof import('@grpc/grpc-js'); // its name says so

const bytes = (value: Buffer) => value;
const codec = {
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
};
const unary = { requestStream: false, responseStream: false, ...codec } as const;
const definition = {
  get: { path: '/a.B/Get', ...unary },
  fail: { path: '/a.B/Fail', ...unary },
  reject: { path: '/a.B/Reject', ...unary },
};
const implementation = {
  get: (_call: unknown, callback: (error: null, response: Buffer) => void) => callback(null, Buffer.of(1)),
  fail: () => {
    throw new TypeError('a bug');
  },
  reject: async () => {
    throw new RangeError('a bug');
  },
};
let unhandled = 0;
process.on('unhandledRejection', () => {
  unhandled += 1;
});

const metrics = new GrpcMetrics();
const server = new grpc.Server();
if (process.argv[2] === 'instrument first') metrics.instrument(server);
server.addService(definition, implementation);
if (process.argv[2] === 'agent switched off in between') instrumentation.disable();
if (process.argv[2] !== 'instrument first') metrics.instrument(server);
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  );
});
const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
const call = (path: string) =>
  new Promise<void>((resolve) => {
    const options = path === '/a.B/Reject' ? { deadline: Date.now() + 200 } : {};
    client.makeUnaryRequest(path, bytes, bytes, Buffer.of(1), options, () => resolve());
  });
for (let index = 0; index < 5; index += 1) await call('/a.B/Get');
await call('/a.B/Fail');
await call('/a.B/Reject');
client.close();
await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));

const sums = (name: string, label: string) => {
  const family = metrics.collect().find((candidate) => candidate.name === name);
  const found: Record<string, number> = {};
  for (const one of family?.series ?? []) {
    if ('value' in one) found[one.labels[label]!] = (found[one.labels[label]!] ?? 0) + one.value;
  }
  return found;
};
/** Started spans: the instrumentation never ends one of a handler that rejects. */
const spans: Record<string, number> = {};
for (const name of started) spans[name] = (spans[name] ?? 0) + 1;
const printed = {
  spans,
  unhandled,
  calls: sums('grpc_requests_total', 'status'),
  errors: sums('grpc_errors_total', 'error_type'),
  rejections: sums('grpc_handler_rejections_total', 'method'),
};
process.stdout.write(JSON.stringify(printed), () => process.exit());
