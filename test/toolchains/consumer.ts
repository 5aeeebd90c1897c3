import type { Files, Project } from '../support/project.ts';

/** What a user's TypeScript says of the package, without another framework's types. */
const alone = `
import { type GrpcMetricsOptions, GrpcMetrics, type MetricFamily, type MetricsEndpoint, MetricsError } from 'grpc-vitals';

const options: GrpcMetricsOptions = { service: { name: 'shop', team: 'orders' }, naming: ['basic'], buckets: [0.1, 1] };
export const metrics: GrpcMetrics = new GrpcMetrics(options);
export const families: MetricFamily[] = metrics.collect();
export const endpoint: Promise<MetricsEndpoint> = metrics.expose({ port: 0 });
export const code: string = new MetricsError('invalid_option', 'x').code;
metrics.counter({ name: 'orders_total', help: 'Orders', labelNames: ['shop'] }).labels({ shop: 'a' }).inc();
`;

/** The same beside grpc-js's own types. */
const withGrpc = `
import { Client, credentials, Server } from '@grpc/grpc-js';
import { type GrpcMetrics, instrument } from 'grpc-vitals';
import { metrics } from './alone';

export const server: Server = new Server({ interceptors: [metrics.serverInterceptor()] });
export const other: GrpcMetrics = instrument(new Server(), { exemplars: true });
export const client: Client = new Client('localhost:1', credentials.createInsecure(), metrics.clientOptions());
`;

/** One half is CommonJS, the other an ES module: both name one type. */
const bothHalves = {
  'required.cts': `
import { GrpcMetrics } from 'grpc-vitals';
export function use(metrics: GrpcMetrics): GrpcMetrics { return metrics; }
`,
  'imported.mts': `
import { GrpcMetrics } from 'grpc-vitals';
import { use } from './required.cjs';
export const metrics: GrpcMetrics = use(new GrpcMetrics());
`,
};

/** How a project resolves modules: the pairs that TypeScript accepts. */
export const resolvers = {
  node10: { module: 'commonjs', moduleResolution: 'node', type: 'commonjs' },
  'node16, CommonJS': { module: 'node16', moduleResolution: 'node16', type: 'commonjs' },
  'node16, ES modules': { module: 'node16', moduleResolution: 'node16', type: 'module' },
  'nodenext, CommonJS': { module: 'nodenext', moduleResolution: 'nodenext', type: 'commonjs' },
  'nodenext, ES modules': { module: 'nodenext', moduleResolution: 'nodenext', type: 'module' },
  bundler: { module: 'esnext', moduleResolution: 'bundler', type: 'module' },
} as const;
export type Resolver = keyof typeof resolvers;

export interface Consumer {
  readonly resolver: Resolver;
  /** Of TypeScript. */
  readonly major: number;
  /** Whether grpc-js's declarations compile there. */
  readonly grpc: boolean;
  readonly subpaths?: readonly string[];
}

/** The files of a project whose every declaration is checked, those of its packages too. `wrong.ts` has one error. */
export function consumerFiles({ resolver, major, grpc, subpaths = [] }: Consumer): Files {
  const { module, moduleResolution, type } = resolvers[resolver];
  const extension = type === 'module' && resolver !== 'bundler' ? '.js' : '';
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    ...(major === 6 && resolver === 'node10' && { ignoreDeprecations: '6.0' }),
  };
  const imports = subpaths.map((name, index) => `export * as subpath${index} from 'grpc-vitals/${name}';`);
  return {
    'package.json': JSON.stringify({ private: true, type }),
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*.ts', '*.cts', '*.mts'] }),
    'alone.ts': alone,
    'wrong.ts': "import { GrpcMetrics } from 'grpc-vitals';\nnew GrpcMetrics({ naming: 'basic' });\n",
    'subpaths.ts': ['export {};', ...imports].join('\n'),
    ...(grpc && { 'with-grpc.ts': withGrpc.replace('./alone', `./alone${extension}`) }),
    ...(moduleResolution.startsWith('node') && module !== 'commonjs' && bothHalves),
  };
}

/** The error in `wrong.ts`, which every compiler finds. */
export const onlyError: RegExp = /^wrong\.ts\(2,19\): error TS2322: /;

/** What TypeScript has to say of the project, an error each. */
export async function errorsOf(
  project: Project,
  [node, compiler]: readonly [node: string, compiler: string],
): Promise<string[]> {
  const printed = await project
    .run(node, [compiler, '-p', '.'])
    .catch((error: { cause: { stdout: string } }) => error.cause.stdout);
  return printed.split('\n').filter((line) => /error TS/.test(line));
}
