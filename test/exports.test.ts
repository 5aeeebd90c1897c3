import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { entries, resolution } from '../scripts/entries.mjs';
import * as index from '../src/index.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Removing or renaming one is a breaking change. */
const values = ['GrpcMetrics', 'MetricsError', 'exponentialBuckets', 'instrument', 'linearBuckets'];
const types = [
  'CallAuthContext',
  'CallDetailChoice',
  'CallDetailsOptions',
  'CallEndListener',
  'CallEndListenerOptions',
  'CallLabel',
  'CallLabelsSpec',
  'CallMetadata',
  'CallStart',
  'ClientMetricsOptions',
  'Counter',
  'DurationBuckets',
  'EndpointTlsOptions',
  'Exemplar',
  'ExemplarSource',
  'ExposeOptions',
  'FinishedCall',
  'Gauge',
  'GaugeMerge',
  'GaugeSpec',
  'GrpcMethodDefinition',
  'GrpcMethodType',
  'GrpcMetricsOptions',
  'GrpcServer',
  'GrpcServerInterceptor',
  'GrpcServiceDefinition',
  'GrpcStatusName',
  'Histogram',
  'HistogramFamily',
  'HistogramSeries',
  'HistogramSpec',
  'IncludeRegistryOptions',
  'LabelValues',
  'LabeledGaugeSpec',
  'LabeledHistogram',
  'LabeledHistogramSpec',
  'LabeledMetric',
  'LabeledMetricSpec',
  'LabeledReadGaugeSpec',
  'LabeledValue',
  'LastScrapeOptions',
  'LateCallLabel',
  'MethodBuckets',
  'MetricFamily',
  'MetricLabels',
  'MetricProducer',
  'MetricSpec',
  'MetricType',
  'MetricsEndpoint',
  'MetricsErrorCode',
  'MetricsLogger',
  'NativeBuckets',
  'NativeHistogramChoice',
  'NativeHistogramOptions',
  'NumberFamily',
  'NumberSeries',
  'ObserveOptions',
  'ObservedClientOptions',
  'ProcessesOptions',
  'PromClientAggregator',
  'PromClientRegistry',
  'ReadGaugeSpec',
  'RegisterIntoOptions',
  'RenderScrapeOptions',
  'RenderedScrape',
  'ScrapeHandler',
  'ScrapeHandlerOptions',
  'ServiceOptions',
  'ShutdownOptions',
  'SummaryFamily',
  'SummarySeries',
  'UserMetrics',
  'VocabularyName',
  'VocabularyOptions',
  'WarningDetails',
];

/** The names that the export statements of a module give, by kind. */
function exported(source: string): { values: string[]; types: string[] } {
  const found: { values: string[]; types: string[] } = { values: [], types: [] };
  const statements = /export\s+(type\s+)?\{([^}]*)\}\s*from\s*'[^']+';\n?/g;
  for (const [, type, list] of source.matchAll(statements)) {
    for (const item of list!.split(',').map((text) => text.trim())) {
      if (item === '') continue;
      const name = item.split(/\s+/).at(-1)!;
      (type !== undefined || item.startsWith('type ') ? found.types : found.values).push(name);
    }
  }
  const rest = source.replace(statements, '').trim();
  if (rest !== '') throw new Error(`more than lists of exports: ${rest}`);
  return { values: found.values.sort(), types: found.types.sort() };
}

const modules: [name: string, source: string, values: string[], types: string[]][] = [
  ['values', "export { b, a } from './x.ts';", ['a', 'b'], []],
  ['types', "export type { B, A } from './x.ts';", [], ['A', 'B']],
  ['both', "export { a, type B } from './x.ts';", ['a'], ['B']],
  ['renamed', "export { a as b, type C as D } from './x.ts';", ['b'], ['D']],
  ['over lines', "export type {\n  A,\n  B,\n} from './x.ts';\n", [], ['A', 'B']],
];
test.each(modules)('the names of an export statement are read: %s', (_name, source, expectedValues, expectedTypes) => {
  expect(exported(source)).toEqual({ values: expectedValues, types: expectedTypes });
});

test.each(["export * from './x.ts';", 'export const a = 1;', 'export default 1;', 'console.log(1);'])(
  'an index that does more than list names would be found: %s',
  (source) => {
    expect(() => exported(source)).toThrow('more than lists of exports');
  },
);

test('src/index.ts exports these names and no others', () => {
  expect(exported(read('src/index.ts'))).toEqual({ values, types });
  expect(Object.keys(index).sort()).toEqual(values);
});

test('package.json has the entries of scripts/entries.mjs and no others, for every resolver', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, unknown>; // it is an object
  const { main, types: typesOfMain, exports, typesVersions } = manifest;
  const { typesVersions: expected, ...rest } = resolution(Object.keys(entries));
  expect({ main, types: typesOfMain, exports }).toEqual(rest);
  expect(typesVersions).toEqual(expected);
});

const node = promisify(execFile);

/** What a module prints as JSON, run in the package's folder, where the package's own name can be imported. */
async function run(program: string): Promise<unknown> {
  const { stdout } = await node(process.execPath, ['--input-type=module', '--eval', program], { cwd: folder });
  return JSON.parse(stdout);
}

const isBuilt = existsSync(new URL('../dist/index.mjs', import.meta.url));
test('the package is built: npm run build', () => {
  expect(isBuilt).toBe(true);
});

test.runIf(isBuilt)('what is built exports the same values', async () => {
  const program = "console.log(JSON.stringify(Object.keys(await import('grpc-vitals')).sort()))";
  expect(await run(program)).toEqual(values);
  const required =
    "console.log(JSON.stringify(Object.keys(process.getBuiltinModule('module').createRequire(process.cwd() + '/')('grpc-vitals')).sort()))";
  expect(await run(required)).toEqual(values);
});

/** The names that each entry exports beside `grpc-vitals` itself. Removing or renaming one is a breaking change. */
const subpaths: Readonly<Record<string, readonly string[]>> = {
  connect: ['clientInterceptor', 'instrumentHttp2Server', 'instrumentRoutes'],
  nestjs: ['GrpcVitalsModule', 'grpcServerOptions'],
  'nice-grpc': ['instrumentClients', 'instrumentServer'],
  register: [],
  testing: ['expectMetricChanges', 'metricValue', 'whenIdle'],
};

test('every entry is listed', () => {
  expect(['index', ...Object.keys(subpaths)].sort()).toEqual(Object.keys(entries).sort());
});

test.runIf(isBuilt).each(Object.entries(subpaths))(
  'grpc-vitals/%s exports these names and no others',
  async (name, names) => {
    expect(await run(`console.log(JSON.stringify(Object.keys(await import('grpc-vitals/${name}')).sort()))`)).toEqual(
      names,
    );
  },
);

/** Prints what the statement has left open or changed for everybody. */
const footprint = (statement: string) => `
  import { setTimeout as sleep } from 'node:timers/promises';
  const state = () => ({
    resources: process.getActiveResourcesInfo(),
    globals: Object.getOwnPropertyNames(globalThis),
    listeners: process.eventNames().flatMap((event) => process.listeners(event).map(() => String(event))),
  });
  const added = (before, after) => Object.fromEntries(Object.keys(after).map((kind) => {
    const rest = [...after[kind]];
    for (const known of before[kind]) if (rest.includes(known)) rest.splice(rest.indexOf(known), 1);
    return [kind, rest];
  }));
  await import('node:http'); // opens a pipe on standard input, on Node 24
  await sleep(50);
  const before = state();
  ${statement};
  // Reading a module's file has its own resources open for a moment.
  let left = added(before, state());
  for (let round = 0; round < 40 && left.resources.length > 0; round += 1) {
    await sleep(25);
    left = added(before, state());
  }
  console.log(JSON.stringify(left));
  process.exit();
`;

const specifiers = ['grpc-vitals', ...Object.keys(subpaths).map((name) => `grpc-vitals/${name}`)];
test.runIf(isBuilt).each(specifiers)('importing %s opens nothing and changes nothing global', async (specifier) => {
  const clean = { resources: [], globals: [], listeners: [] };
  expect(await run(footprint(`await import('${specifier}')`))).toEqual(clean);
});

const footprints: [name: string, statement: string, kind: string, found: string][] = [
  ['a timer', 'setInterval(() => {}, 1000)', 'resources', 'Timeout'],
  ['a socket', "(await import('node:net')).createServer().listen(0)", 'resources', 'TCPServerWrap'],
  ['a global', 'globalThis.metrics = {}', 'globals', 'metrics'],
  ['a listener', "process.on('exit', () => {})", 'listeners', 'exit'],
];
test.each(footprints)('it would be found: %s', async (_name, statement, kind, found) => {
  expect(await run(footprint(statement))).toMatchObject({ [kind]: [found] });
});
