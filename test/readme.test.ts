import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { expect, test } from 'vitest';
import { GrpcMetrics } from '../src/index.ts';

const readme = readFileSync('README.md', 'utf8');

/** The pages of the documentation, without the decisions. */
const pages = readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

/** The fenced blocks of one language, in their order. */
function blocks(language: string, text = readme): string[] {
  return Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms')), ([, code]) => code!);
}

const ambient = `import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { ConnectRouter } from '@connectrpc/connect';
import type * as connect from '../../examples/greeter.ts';
import type * as niceGrpc from '../support/nice-grpc/orders.ts';
declare global {
  const server: Server;
  const ordersDefinition: ServiceDefinition;
  const orders: UntypedServiceImplementation;
  const OrdersDefinition: typeof niceGrpc.OrdersDefinition;
  const ordersImplementation: typeof niceGrpc.orders;
  const routes: (router: ConnectRouter) => void;
  const Greeter: typeof connect.Greeter;
}
`;

test('every TypeScript block compiles against the package as it is published', { timeout: 120_000 }, () => {
  const code = [readme, ...pages.map((page) => readFileSync(page, 'utf8'))].flatMap((text) => blocks('ts', text));
  expect(code.length).toBeGreaterThanOrEqual(15);
  const folder = mkdtempSync(join('test', 'readme-'));
  try {
    for (const [index, block] of code.entries()) writeFileSync(join(folder, `block-${index}.ts`), block);
    writeFileSync(join(folder, 'ambient.ts'), ambient);
    writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "../../tsconfig.json", "include": ["."] }');
    const compile = () => spawnSync('node', ['node_modules/typescript/bin/tsc', '-p', folder], { encoding: 'utf8' });
    expect(compile()).toMatchObject({ stdout: '', status: 0 });
    // The check itself can fail:
    writeFileSync(join(folder, 'wrong.ts'), "import { instrument } from 'grpc-vitals';\ninstrument(42);\n");
    expect(compile().stdout).toContain('wrong.ts');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every query parses', () => {
  const queries = blocks('promql');
  expect(queries.length).toBeGreaterThanOrEqual(5);
  for (const query of queries) {
    const errors: string[] = [];
    parser.parse(query).iterate({ enter: (node) => void (node.type.isError && errors.push(query)) });
    expect(errors).toEqual([]);
  }
});

test('every command is one of the package', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const commands = Array.from(readme.matchAll(/npm (?:run )?(start|test|server|client|bench)\b/g), ([, name]) => name!);
  expect(commands).toEqual(expect.arrayContaining(['start', 'test', 'server', 'client', 'bench']));
  for (const command of commands) expect(scripts).toHaveProperty(command);
});

test('the table of metrics is what a server exposes', () => {
  const section = readme.slice(readme.indexOf('## What it records'), readme.indexOf('### How a call'));
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const documented = rows.flatMap((line) =>
    Array.from(line.split('|')[1]!.matchAll(/`((?:grpc|promhttp)_\w+)`/g), ([, name]) => name!),
  );
  expect(documented.sort()).toEqual(
    new GrpcMetrics({
      client: { attempts: true },
      details: { messageSizes: true, streamMessages: true, streamDurations: true, deadlines: true },
    })
      .collect()
      .map(({ name }) => name)
      .sort(),
  );
});

const documents = ['README.md', 'CHANGELOG.md', 'deploy/README.md', ...pages].concat(
  readdirSync('docs/decisions').map((name) => `docs/decisions/${name}`),
);
const links = documents.flatMap((document) =>
  Array.from(readFileSync(document, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g), ([, link]) => [document, link!]),
);
if (links.length === 0) throw new Error('no document has a link');

test.each(links)('%s links to a file: %s', (document, link) => {
  expect(existsSync(join(dirname(document), link))).toBe(true);
});

/** The anchors that GitHub gives to the headings of a page: lower case, blanks as hyphens, no other punctuation. */
function anchors(page: string): string[] {
  const text = readFileSync(page, 'utf8').replaceAll(/^```.*?^```/gms, '');
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
    heading!
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const sections = documents.flatMap((document) =>
  Array.from(readFileSync(document, 'utf8').matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g), ([, path, anchor]) => {
    return [document, path === '' ? document : join(dirname(document), path!), anchor!] as const;
  }),
);
if (sections.length === 0) throw new Error('no document links to a section');

test.each(sections)('%s links to a section: %s#%s', (_, page, anchor) => {
  expect(anchors(page)).toContain(anchor);
});

test('the README names every entry of the package and every page before its first picture', () => {
  const top = readme.slice(0, readme.indexOf('!['));
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> };
  const entries = Object.keys(exports).filter((name) => name !== './package.json');
  for (const entry of entries) expect(top).toContain(`grpc-vitals${entry.slice(1)}`);
  /** Pages about a detail, to which the page of its subject links. */
  const details = ['docs/endpoint.md', 'docs/grpc-tls.md', 'docs/half-closed-streams.md', 'docs/live-page.md'];
  for (const page of pages.filter((name) => !details.includes(name))) expect(top).toContain(`](${page})`);
});
