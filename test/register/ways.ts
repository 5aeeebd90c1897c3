import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { Project } from '../support/project.ts';
import { Child } from './child.ts';
import { servicesProject } from './services.ts';

const imported = ['--import', 'grpc-vitals/register'];
const required = ['--require', 'grpc-vitals/register'];
/** The loader of the package that its instrumentations depend on. */
const openTelemetry = createRequire(import.meta.resolve('@opentelemetry/instrumentation-grpc')).resolve(
  '@opentelemetry/instrumentation/hook.mjs',
);
/** What a path in NODE_OPTIONS names. */
const file = fileURLToPath(import.meta.resolve('../../dist/register.mjs'));
const local = { GRPC_VITALS_PORT: '0', GRPC_VITALS_HOST: '127.0.0.1' };

type Environment = Readonly<Record<string, string>>;

/** The calls that a program's endpoint counts, while the program stays. */
async function counted(
  project: Project,
  node: string | undefined,
  args: readonly string[],
  environment: Environment,
): Promise<Record<string, number>> {
  const info = { ...local, GRPC_VITALS_LOG: 'info', ...environment };
  const child = new Child(args, {
    folder: project.folder,
    environment: info,
    hasChannel: true,
    ...(node !== undefined && { node }),
  });
  try {
    const url = await child.url();
    await child.printed(args.includes('both-copies.cjs') ? /got[\s\S]*got/ : /got/);
    const text = await (await fetch(`${url}/metrics`)).text();
    const lines = text.matchAll(
      /^grpc_(client_)?requests_total\{method="\/shop.v1.Orders\/(\w+)",status="(\w+)"\} ([1-9]\d*)$/gm,
    );
    return Object.fromEntries(
      Array.from(lines, ([, client = '', ...rest]) => [`${client}${rest[0]} ${rest[1]}`, Number(rest[2])]),
    );
  } finally {
    child.process.disconnect();
    const { code, stdout } = await child.ended;
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('got OK, NOT_FOUND') });
  }
}

const each = { 'Get OK': 1, 'Find NOT_FOUND': 1, 'client_Get OK': 1, 'client_Find NOT_FOUND': 1 };
const twice = { 'Get OK': 2, 'Find NOT_FOUND': 2, 'client_Get OK': 2, 'client_Find NOT_FOUND': 2 };

const ways: [name: string, args: string[], environment: Environment, calls: object][] = [
  ['CommonJS, --import', [...imported, 'service.cjs'], {}, each],
  ['CommonJS, --require', [...required, 'service.cjs'], {}, each],
  ['an ES module, --import', [...imported, 'service.mjs'], {}, each],
  ['an ES module, --require', [...required, 'service.mjs'], {}, each],
  ['an ES module that imports the default', [...imported, 'default-import.mjs'], {}, each],
  ['NODE_OPTIONS', ['service.mjs'], { NODE_OPTIONS: imported.join(' ') }, each],
  ['NODE_OPTIONS with a path', ['service.cjs'], { NODE_OPTIONS: `--import ${file}` }, each],
  ['two copies of grpc-js', [...imported, 'both-copies.cjs'], {}, twice],
  ['a class that extends Server', [...imported, 'subclasses.cjs'], {}, each],
  [
    'what the program observes itself by a copy that leaves no note is not counted again',
    [...imported, 'uses-library.cjs'],
    { LIBRARY: './node_modules/another-copy/dist/index.cjs', IS_OLD: '1' },
    {},
  ],
  [
    'nor what it observes by the interceptor',
    [...imported, 'uses-library.cjs'],
    { LIBRARY: 'grpc-vitals', IS_OLD: '1', BY: 'interceptor' },
    {},
  ],
  ['registered after grpc-js was imported', ['late.mjs'], {}, each],
  ['registered twice', [...required, ...imported, 'service.mjs'], {}, each],
  [
    'registered by two copies',
    ['--require', './node_modules/another-copy/dist/register.cjs', ...imported, 'service.cjs'],
    {},
    each,
  ],
  ['tsx', ['--import', import.meta.resolve('tsx'), ...imported, 'service.mjs'], {}, each],
  ['registerHooks, where Node.js has it', [...imported, '--import', './hooks.mjs', 'service.mjs'], {}, each],
  ["OpenTelemetry's loader", ['--import', openTelemetry, ...imported, 'service.mjs'], {}, each],
];
/** Ways to register a program and to load grpc-js: each call must count once. `node` is the Node.js that runs the program. */
export function describeWays(node?: () => string): void {
  describe('ways to load', () => {
    const project = servicesProject();
    afterAll(() => project.remove());

    test.each(ways)('each call counts once: %s', async (_name, args, environment, calls) => {
      expect(await counted(project, node?.(), args, environment)).toEqual(calls);
    });
  });
}
