/** An agent of a vendor, in a process of its own. Nobody answers where it would report to. */
export interface Agent {
  readonly packages: readonly string[];
  /** Starts it, and exports `takeSpans()`: the names of the server spans since the last time. */
  readonly source: string;
  /** A version of Node.js from npm, where the agent needs a later one than the oldest supported. */
  readonly node?: string;
  /** The spans of each call that reaches a handler; of calls of unknown methods it makes `unknownSpans`. */
  readonly spans: number;
  readonly unknownSpans: number;
  /** What the client of a handler that throws gets, with and without metrics. */
  readonly thrown: 'UNKNOWN' | 'DEADLINE_EXCEEDED';
  /** Rejections of handlers that Node.js reports as unhandled, with and without metrics. */
  readonly unhandled: number;
  /** Methods whose exceptions are hidden where services are added before `instrument`. `docs/agents.md` says why. */
  readonly hidden: readonly string[];
}

const own = { thrown: 'UNKNOWN', unhandled: 1, hidden: [] } as const;
const startedSpans = `
const names = [];
exports.takeSpans = () => names.splice(0);
`;

const openTelemetry = `${startedSpans}
const { context, SpanKind, trace } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { GrpcInstrumentation } = require('@opentelemetry/instrumentation-grpc');
const { BasicTracerProvider } = require('@opentelemetry/sdk-trace-base');
// Started ones: of a call that its handler never ends, it ends no span.
const onStart = ({ kind, name }) => { if (kind === SpanKind.SERVER) names.push(name); };
const processor = { onStart, onEnd() {}, async forceFlush() {}, async shutdown() {} };
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
new GrpcInstrumentation().enable();
`;

const datadog = `${startedSpans}
process.env.DD_TRACE_AGENT_URL = 'http://127.0.0.1:1';
process.env.DD_INSTRUMENTATION_TELEMETRY_ENABLED = 'false';
process.env.DD_REMOTE_CONFIGURATION_ENABLED = 'false';
require('dd-trace').init({ startupLogs: false });
require('node:diagnostics_channel').subscribe('dd-trace:span:finish', (span) => {
  const context = span.context();
  const tags = context._tags ?? context.getTags();
  if (tags['span.kind'] === 'server') names.push(tags['resource.name']);
});
`;

const sentry = (more: string) => `${startedSpans}
const Sentry = require('@sentry/node');
const client = Sentry.init({ dsn: 'http://key@127.0.0.1:1/1', tracesSampleRate: 1, ${more} });
client.on('spanStart', (span) => names.push(Sentry.spanToJSON(span).description));
`;

const elastic = `${startedSpans}
const apm = require('elastic-apm-node').start({
  serviceName: 'agents', serverUrl: 'http://127.0.0.1:1', centralConfig: false, cloudProvider: 'none', logLevel: 'off',
  metricsInterval: '0s',
});
apm.addTransactionFilter((transaction) => { names.push(transaction.context.request.url.pathname); return transaction; });
`;

const newRelic = `${startedSpans}
Object.assign(process.env, {
  NEW_RELIC_APP_NAME: 'agents', NEW_RELIC_LICENSE_KEY: '0'.repeat(40), NEW_RELIC_HOST: '127.0.0.1', NEW_RELIC_PORT: '1',
  NEW_RELIC_NO_CONFIG_FILE: '1', NEW_RELIC_LOG_ENABLED: 'false',
});
require('newrelic').agent.on('transactionFinished', ({ url }) => names.push(url));
`;

const datadogRow = {
  source: datadog,
  spans: 1,
  unknownSpans: 0,
  thrown: 'DEADLINE_EXCEEDED', // its wrapper catches the exception, and grpc-js answers nothing
  unhandled: 1,
  hidden: ['Thrown', 'Rejected'],
} as const;
const newRelicRow = {
  source: newRelic,
  spans: 1,
  unknownSpans: 0,
  thrown: 'UNKNOWN',
  unhandled: 0, // it watches the promise itself
  hidden: ['Rejected'],
} as const;

export const agents: readonly (readonly [name: string, agent: Agent])[] = [
  ['no agent', { ...own, packages: [], source: 'exports.takeSpans = () => [];', spans: 0, unknownSpans: 0 }],
  [
    'OpenTelemetry 0.223',
    {
      ...own,
      packages: [
        '@opentelemetry/api@1',
        '@opentelemetry/instrumentation-grpc@0.223',
        '@opentelemetry/sdk-trace-base@2',
        '@opentelemetry/context-async-hooks@2',
      ],
      source: openTelemetry,
      spans: 1,
      unknownSpans: 0,
    },
  ],
  ['dd-trace 5', { ...datadogRow, packages: ['dd-trace@5'] }],
  ['dd-trace 6', { ...datadogRow, packages: ['dd-trace@6'], node: '24' }],
  // It traces no gRPC by itself.
  ['Sentry 11', { ...own, packages: ['@sentry/node@11'], source: sentry(''), spans: 0, unknownSpans: 0 }],
  [
    "Sentry 10 with OpenTelemetry's instrumentation",
    {
      ...own,
      packages: ['@sentry/node@10', '@opentelemetry/instrumentation-grpc@0.223'],
      source: sentry(
        "openTelemetryInstrumentations: [new (require('@opentelemetry/instrumentation-grpc').GrpcInstrumentation)()]",
      ),
      // Those of clients are not told apart.
      spans: 2,
      unknownSpans: 1,
    },
  ],
  // It traces the HTTP/2 server below grpc-js.
  ['Elastic 4', { ...own, packages: ['elastic-apm-node@4'], source: elastic, spans: 1, unknownSpans: 1 }],
  ['New Relic 13', { ...newRelicRow, packages: ['newrelic@13'] }],
  ['New Relic 14', { ...newRelicRow, packages: ['newrelic@14'], node: '24' }],
];
