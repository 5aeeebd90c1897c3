import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project, pack } from '../support/project.ts';
import { freePort } from '../support/servers/prometheus.ts';
import { type Agent, agents } from '../toolchains/agents.ts';
import { grpcJs } from '../toolchains/service.ts';

const timeout = 600_000;
const shelf = new Project();
afterAll(() => shelf.remove());
let tarball = '';
beforeAll(() => {
  tarball = pack(shelf.folder);
});

/** The folder that a program of this grpc-js lies in. Node.js finds the agent and this package in the folder above. */
const versions = { '1.14': grpcJs, '1.10': '@grpc/grpc-js@~1.10.11' };
const versionNames = ['1.14', '1.10'] as const;
const agentFirst = ['--require', './agent.cjs', '--require', 'grpc-vitals/register'];
const orders: [order: string, args: string[]][] = [
  ['agent first', agentFirst],
  ['register first', [...agentFirst.slice(2), ...agentFirst.slice(0, 2)]],
];

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const files = (folder: string) => ({
  [`${folder}/package.json`]: '{ "private": true }',
  [`${folder}/main.cjs`]: read('agent-program.cjs'),
  [`${folder}/endings.cjs`]: read('../toolchains/agent-endings.cjs'),
  [`${folder}/agent.cjs`]: "module.exports = require('../agent.cjs');",
});

/** What `agent-program.cjs` prints. */
interface Run {
  readonly isLate: boolean;
  readonly got: Readonly<Record<string, string>>;
  readonly spans: Readonly<Record<string, number>>;
  readonly unhandled: number;
  readonly scraped: string;
}

/** `Method LABEL` to its value, where it is not 0, of one metric. */
function counts({ scraped }: Run, name: string, label?: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [, labels, value] of scraped.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, 'gm'))) {
    const of = (key: string) => new RegExp(`\\b${key}="([^"]*)"`).exec(labels!)?.[1];
    const parts = [of('method')?.replace('/test.v1.Agents/', ''), label && of(label)];
    if (value !== '0') found[parts.filter((part) => part !== undefined).join(' ')] = Number(value);
  }
  return found;
}

const exceptions: Readonly<Record<string, string>> = { Thrown: 'TypeError', Rejected: 'RangeError' };

/** One of each: `Method LABEL`. */
const ones = (labels: readonly (readonly [method: string, label: string])[]) =>
  Object.fromEntries(labels.map(([method, label]) => [`${method} ${label}`, 1]));

/** What is recorded of what the clients got. */
function expected(got: Run['got']) {
  const byClient = Object.entries(got).map(([method, text]) => [method, text.split(/[ ,]/, 1)[0]!] as const);
  const byServer = byClient.map(([method, status]) => [method === 'Missing' ? 'unknown' : method, status] as const);
  const failed = byServer.filter(([, status]) => status !== 'OK');
  return {
    calls: ones(byServer),
    errors: ones(failed.map(([method, status]) => [method, exceptions[method] ?? status])),
    rejections: { Rejected: 1 },
    byClient: ones(byClient),
    inFlight: {},
    faults: {},
  };
}

/** Runs the program; again where its calls were late on a busy machine. */
async function runProgram(project: Project, agent: Agent, folder: string, args: readonly string[]): Promise<Run> {
  const node = agent.node === undefined ? process.execPath : join(project.folder, 'node_modules/node/bin/node');
  for (let left = 4; ; left -= 1) {
    const port = String(await freePort());
    const vitals = { GRPC_VITALS_PORT: port, GRPC_VITALS_HOST: '127.0.0.1' };
    const isRegistered = args.includes('grpc-vitals/register');
    const environment = isRegistered ? { ...vitals, SCRAPE: `http://127.0.0.1:${port}/metrics` } : {};
    const printed = await project.run(node, [...args, 'main.cjs'], { folder, environment });
    const json = printed.split('\n').find((line) => line.startsWith('{"isLate"'));
    const run = JSON.parse(json!) as Run; // the program prints it
    if (!run.isLate || left === 0) return run;
  }
}

describe.each(agents)('%s', (_name, agent) => {
  const project = new Project({ 'agent.cjs': agent.source, ...files('1.14'), ...files('1.10') });
  afterAll(() => project.remove());
  beforeAll(async () => {
    const node = agent.node === undefined ? [] : [`node@${agent.node}`];
    await project.install([tarball, ...agent.packages, ...node]);
    for (const version of versionNames) await project.install([versions[version]], version);
  }, timeout);

  test.each(versionNames)(
    'spans are as without, and every call counts once: grpc-js %s',
    { timeout },
    async (version) => {
      const without = await runProgram(project, agent, version, agentFirst.slice(0, 2));
      expect(without.unhandled).toBe(agent.unhandled);
      expect(Object.keys(without.got)).toHaveLength(13);
      for (const [order, args] of orders) {
        const run = await runProgram(project, agent, version, args);
        const { got, spans, unhandled } = run;
        expect({ got, spans, unhandled }, order).toEqual({
          got: without.got,
          spans: without.spans,
          unhandled: without.unhandled,
        });
        expect(
          {
            calls: counts(run, 'grpc_requests_total', 'status'),
            errors: counts(run, 'grpc_errors_total', 'error_type'),
            rejections: counts(run, 'grpc_handler_rejections_total'),
            byClient: counts(run, 'grpc_client_requests_total', 'status'),
            inFlight: { ...counts(run, 'grpc_requests_in_flight'), ...counts(run, 'grpc_client_requests_in_flight') },
            faults: counts(run, 'grpc_vitals_errors_total', 'stage'),
          },
          order,
        ).toEqual(expected(got));
      }
    },
  );
});
