import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project, pack } from '../support/project.ts';
import { type Agent, agents } from './agents.ts';
import { grpcJs } from './service.ts';

const timeout = 600_000;
const shelf = new Project();
afterAll(() => shelf.remove());
let tarball = '';
beforeAll(() => {
  tarball = pack(shelf.folder);
});

/** The folder that a program of this grpc-js lies in. Node.js finds the agent in the folder above. */
const versions = { '1.14': grpcJs, '1.10': '@grpc/grpc-js@~1.10.11' };
const versionNames = ['1.14', '1.10'] as const;
const orders = ['agent first', 'grpc-vitals first'];
const servers = ['instrument, then addService', 'addService, then instrument', 'serverInterceptor'] as const;

const program = (name: string) => readFileSync(new URL(`./agent-${name}.cjs`, import.meta.url), 'utf8');
const files = (folder: string) => ({
  [`${folder}/package.json`]: '{ "private": true }',
  [`${folder}/main.cjs`]: program('program'),
  [`${folder}/endings.cjs`]: program('endings'),
  [`${folder}/agent.cjs`]: "module.exports = require('../agent.cjs');",
});

/** What `agent-program.cjs` prints of one server and one client. */
interface Run {
  readonly server: string;
  readonly client: string;
  readonly got: Readonly<Record<string, string>>;
}

/** The status of each ending, where nothing is in the way. */
const statuses = {
  Unary: 'OK',
  UnaryAsync: 'OK',
  ServerStream: 'OK',
  ClientStream: 'OK',
  Bidi: 'OK',
  Refused: 'NOT_FOUND',
  StreamRefused: 'NOT_FOUND',
  Thrown: 'UNKNOWN',
  Rejected: 'DEADLINE_EXCEEDED',
  Deadline: 'DEADLINE_EXCEEDED',
  Cancelled: 'CANCELLED',
  StreamCancelled: 'CANCELLED',
  Missing: 'UNIMPLEMENTED',
};
const exceptions: Readonly<Record<string, string>> = { Thrown: 'TypeError', Rejected: 'RangeError' };

/** One of each: `Method LABEL`. */
const ones = (labels: readonly (readonly [method: string, label: string])[]) =>
  Object.fromEntries(labels.map(([method, label]) => [`${method} ${label}`, 1]));

/** What is recorded of the endings, all but what the client gets. */
function expected(agent: Agent, server: (typeof servers)[number], client: string) {
  const ended = Object.entries({ ...statuses, Thrown: agent.thrown });
  const onServer = ended.map(([method, status]) => [method === 'Missing' ? 'unknown' : method, status] as const);
  const hidden = { 'instrument, then addService': [], 'addService, then instrument': agent.hidden };
  const isSeen = (method: string) => server !== 'serverInterceptor' && !hidden[server].some((name) => name === method);
  const errorType = (method: string, status: string) => (isSeen(method) ? (exceptions[method] ?? status) : status);
  return {
    server,
    client,
    spans: spansOf(agent),
    unhandled: agent.unhandled,
    recorded: ones(onServer),
    errors: ones(
      onServer
        .filter(([, status]) => status !== 'OK')
        .map(([method, status]) => [method, errorType(method, status)] as const),
    ),
    rejections: isSeen('Rejected') ? { Rejected: 1 } : {},
    recordedByClient: ones(ended),
    inFlight: {},
    faults: [{}, {}],
  };
}

function spansOf({ spans, unknownSpans }: Agent): Record<string, number> {
  const numbers = Object.keys(statuses).map((method) => [method, method === 'Missing' ? unknownSpans : spans] as const);
  return Object.fromEntries(numbers.filter(([, number]) => number > 0));
}

describe.each(agents)('%s', (_name, agent) => {
  const project = new Project({ 'agent.cjs': agent.source, ...files('1.14'), ...files('1.10') });
  afterAll(() => project.remove());
  beforeAll(async () => {
    const node = agent.node === undefined ? [] : [`node@${agent.node}`];
    await project.install([tarball, ...agent.packages, ...node]);
    for (const version of versionNames) await project.install([versions[version]], version);
  }, timeout);

  describe.each(versionNames)('grpc-js %s', (version) => {
    test.concurrent.each(orders)('%s', { timeout }, async (order) => {
      const { version: installed } = JSON.parse(
        readFileSync(join(project.folder, version, 'node_modules/@grpc/grpc-js/package.json'), 'utf8'),
      ) as { version: string }; // npm's
      expect(installed).toMatch(new RegExp(`^${version}\\.`));
      const node = agent.node === undefined ? process.execPath : join(project.folder, 'node_modules/node/bin/node');
      const printed = await project.run(node, ['main.cjs', order], { folder: version });
      const json = printed.split('\n').find((line) => line.startsWith('[{"server"'));
      const [without, ...runs] = JSON.parse(json!) as [Run, ...Run[]]; // the program prints it

      const { got } = without;
      expect(Object.fromEntries(Object.entries(got).map(([name, text]) => [name, text.split(/[ ,]/, 1)[0]]))).toEqual({
        ...statuses,
        Thrown: agent.thrown,
      });
      expect(without).toMatchObject({ spans: spansOf(agent), unhandled: agent.unhandled });
      const pairs = servers.flatMap((server) =>
        ['clientOptions', 'channel'].map((client) => [server, client] as const),
      );
      expect(runs).toEqual(pairs.map(([server, client]) => ({ ...expected(agent, server, client), got })));
    });
  });
});
