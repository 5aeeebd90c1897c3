import { describe, expect, test } from 'vitest';
import type { Project } from '../support/project.ts';
import { freePort } from '../support/servers/prometheus.ts';
import {
  agentProject,
  exceptions,
  nodeOf,
  ones,
  programOf,
  timeout,
  versionNames,
} from '../toolchains/agent-project.ts';
import { type Agent, agents } from '../toolchains/agents.ts';

const agentFirst = ['--require', './agent.cjs', '--require', 'grpc-vitals/register'];
const orders: [order: string, args: string[]][] = [
  ['agent first', agentFirst],
  ['register first', [...agentFirst.slice(2), ...agentFirst.slice(0, 2)]],
];

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
  const node = nodeOf(agent, project);
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
  const project = agentProject(agent, programOf('../register/agent-program.cjs'));

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
