import { afterAll, beforeAll, expect, test } from 'vitest';
import { Project, pack } from '../support/project.ts';
import { ones, programOf, statuses, timeout } from './agent-project.ts';
import { grpcJs } from './service.ts';

/** Modules for `node --import` that start an agent. Nobody answers where it would report to. */
const starters = {
  'otel.mjs': `
import { register } from 'node:module';
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
const { GrpcInstrumentation } = await import('@opentelemetry/instrumentation-grpc');
const { BasicTracerProvider } = await import('@opentelemetry/sdk-trace-base');
const { trace } = await import('@opentelemetry/api');
trace.setGlobalTracerProvider(new BasicTracerProvider());
new GrpcInstrumentation().enable();
`,
  'datadog.mjs': `
Object.assign(process.env, {
  DD_TRACE_AGENT_URL: 'http://127.0.0.1:1', DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false', DD_TRACE_STARTUP_LOGS: 'false',
});
await import('dd-trace/initialize.mjs');
`,
  'new-relic.mjs': `
Object.assign(process.env, {
  NEW_RELIC_APP_NAME: 'agents', NEW_RELIC_LICENSE_KEY: '0'.repeat(40), NEW_RELIC_HOST: '127.0.0.1', NEW_RELIC_PORT: '1',
  NEW_RELIC_NO_CONFIG_FILE: '1', NEW_RELIC_LOG_ENABLED: 'false',
});
const { register } = await import('node:module');
register('newrelic/esm-loader.mjs', import.meta.url);
await import('newrelic');
`,
  'elastic.mjs': `
import { register } from 'node:module';
register('elastic-apm-node/loader.mjs', import.meta.url);
const { default: apm } = await import('elastic-apm-node');
apm.start({
  serviceName: 'agents', serverUrl: 'http://127.0.0.1:1', centralConfig: false, cloudProvider: 'none', logLevel: 'off',
  metricsInterval: '0s',
});
`,
};

const packages = [
  '@opentelemetry/api@1',
  '@opentelemetry/instrumentation@0.223',
  '@opentelemetry/instrumentation-grpc@0.223',
  '@opentelemetry/sdk-trace-base@2',
  'dd-trace@5',
  'elastic-apm-node@4',
  'newrelic@13',
];

const project = new Project({
  ...starters,
  'agent-endings.cjs': programOf('agent-endings.cjs'),
  'main.mjs': programOf('agent-module.mjs'),
});
afterAll(() => project.remove());
beforeAll(async () => {
  await project.install([pack(project.folder), grpcJs, ...packages]);
}, timeout);

const rows: [agents: string, starters: (keyof typeof starters)[], thrown: string][] = [
  ['none', [], 'UNKNOWN'],
  ['OpenTelemetry', ['otel.mjs'], 'UNKNOWN'],
  ['dd-trace', ['datadog.mjs'], 'DEADLINE_EXCEEDED'],
  ['New Relic', ['new-relic.mjs'], 'UNKNOWN'],
  ['Elastic', ['elastic.mjs'], 'UNKNOWN'],
  ['OpenTelemetry and dd-trace', ['otel.mjs', 'datadog.mjs'], 'UNKNOWN'],
  ['OpenTelemetry and New Relic', ['otel.mjs', 'new-relic.mjs'], 'UNKNOWN'],
  ['OpenTelemetry and Elastic', ['otel.mjs', 'elastic.mjs'], 'UNKNOWN'],
  ['dd-trace and New Relic', ['datadog.mjs', 'new-relic.mjs'], 'UNKNOWN'],
];
/** dd-trace alone lets a thrown exception wait for its deadline. */
test.each(rows)('an ES module with agents that --import starts: %s', { timeout }, async (_agents, modules, thrown) => {
  const args = modules.flatMap((name) => ['--import', `./${name}`]);
  const printed = await project.run(process.execPath, [...args, 'main.mjs']);
  const runs = JSON.parse(printed.split('\n').find((line) => line.startsWith('{"instrument'))!) as Record<
    string,
    object
  >; // the program prints it
  const ended = { ...statuses, Thrown: thrown };
  const counts = ones(Object.entries(ended));
  const onServer = { ...counts };
  delete onServer['Missing UNIMPLEMENTED'];
  const expected = {
    got: ended,
    recorded: { ...onServer, 'unknown UNIMPLEMENTED': 1 },
    recordedByClient: counts,
    errors: expect.anything() as object, // see below
    inFlight: {},
    faults: [{}, {}],
  };
  expect(Object.keys(runs)).toEqual(['instrument first', 'addService first']);
  for (const run of Object.values(runs)) expect(run).toEqual(expected);
  // With instrument first, no agent hides an exception.
  expect(runs['instrument first']).toMatchObject({ errors: { 'Thrown TypeError': 1, 'Rejected RangeError': 1 } });
});
