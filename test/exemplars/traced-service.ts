/** A service whose calls OpenTelemetry traces, as its documentation sets it up; prints what was traced and what was exposed. */
import { createRequire } from 'node:module';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { GrpcMetrics } from '../../src/metrics.ts';

const exporter = new InMemorySpanExporter();
/** Every other call, so that some have no trace that anybody could find. */
let calls = 0;
const everyOther: Sampler = {
  shouldSample: (_context, _traceId, _name, kind) => {
    if (kind === SpanKind.SERVER) calls += 1;
    return { decision: calls % 2 === 0 ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED };
  },
  toString: () => 'every other',
};
trace.setGlobalTracerProvider(
  new BasicTracerProvider({
    sampler: everyOther,
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  }),
);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const instrumentation = new GrpcInstrumentation();

// Only now, so that the instrumentation sees it being loaded.
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof import('@grpc/grpc-js'); // its name says so

const metrics = new GrpcMetrics({ exemplars: true, buckets: [0.05, 10] });
const server = new grpc.Server();
metrics.instrument(server);

const bytes = (value: Buffer) => value;
const method = (path: string) => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});
const operations = metrics.counter({ name: 'operations_total', help: 'Operations of the handlers' });
const service = { fast: method('/a.B/Fast'), slow: method('/a.B/Slow'), fails: method('/a.B/Fails') };
server.addService(service, {
  fast: (_call: unknown, callback: (error: null, response: Buffer) => void) => {
    operations.inc();
    callback(null, Buffer.of(1));
  },
  slow: (_call: unknown, callback: (error: null, response: Buffer) => void) => {
    setTimeout(() => callback(null, Buffer.of(1)), 100);
  },
  fails: (_call: unknown, callback: (error: { code: number }) => void) => {
    setImmediate(() => callback({ code: grpc.status.NOT_FOUND }));
  },
});

// As a service does that starts within a span: its context lives on in all that the server does.
calls = 1;
const startUp = trace.getTracer('service').startSpan('start-up');
calls = 0;
const port = await context.with(
  trace.setSpan(context.active(), startUp),
  () =>
    new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    }),
);
startUp.end();

const client = new (grpc.makeGenericClientConstructor(service, 'B'))(
  `127.0.0.1:${port}`,
  grpc.credentials.createInsecure(),
);
type Call = (request: Buffer, done: (error: unknown) => void) => void;
for (const name of ['Fast', 'Fast', 'Slow', 'Slow', 'Fails', 'Fails']) {
  await new Promise((resolve) =>
    (client as unknown as Record<string, Call>)[name.toLowerCase()]!(Buffer.of(1), resolve),
  );
}
client.close();
instrumentation.disable();
await new Promise((resolve) => server.tryShutdown(resolve));

const { body } = await metrics.render({ accept: 'application/openmetrics-text' });
const spans = exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER);
console.log(
  JSON.stringify({
    scrape: body,
    spans: spans.map((span) => ({ name: span.name, ...span.spanContext() })),
  }),
);
