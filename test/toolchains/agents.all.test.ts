import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentProject, exceptions, nodeOf, ones, programOf, statuses, timeout, versionNames } from './agent-project.ts';
import { type Agent, agents } from './agents.ts';

const orders = ['agent first', 'grpc-vitals first'];
const servers = ['instrument, then addService', 'addService, then instrument', 'serverInterceptor'] as const;

/** What `agent-program.cjs` prints of one server and one client. */
interface Run {
  readonly server: string;
  readonly client: string;
  readonly got: Readonly<Record<string, string>>;
}

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
  const project = agentProject(agent, programOf('agent-program.cjs'));

  describe.each(versionNames)('grpc-js %s', (version) => {
    test.concurrent.each(orders)('%s', { timeout }, async (order) => {
      const { version: installed } = JSON.parse(
        readFileSync(join(project.folder, version, 'node_modules/@grpc/grpc-js/package.json'), 'utf8'),
      ) as { version: string }; // npm's
      expect(installed).toMatch(new RegExp(`^${version}\\.`));
      const printed = await project.run(nodeOf(agent, project), ['main.cjs', order], { folder: version });
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
