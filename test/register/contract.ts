import { afterAll, beforeAll, describe, test } from 'vitest';
import type { ClientAdapter } from '../client-endings/adapter.ts';
import { applicable as applicableToClient, expectOutcome as expectClientOutcome } from '../client-endings/contract.ts';
import { grpcJs as clientsHere, oldest, races } from '../client-endings/grpc-js/adapter.ts';
import { differences as nestJsClients } from '../client-endings/nestjs/differences.ts';
import { differencesOf as niceGrpcClients } from '../client-endings/nice-grpc/differences.ts';
import type { Row as ClientRow } from '../client-endings/row.ts';
import { runRow as runClientRow } from '../client-endings/run.ts';
import type { Adapter } from '../endings/adapter.ts';
import { applicable, expectOutcome, triesMore } from '../endings/contract.ts';
import { crashes } from '../endings/grpc-js/adapter.ts';
import { differences as nestJsServers } from '../endings/nestjs/differences.ts';
import { differencesOf as niceGrpcServers } from '../endings/nice-grpc/differences.ts';
import type { Row } from '../endings/row.ts';
import { runRow } from '../endings/run.ts';
import type { Difference } from '../support/differences.ts';
import { GrpcJsClient } from '../support/grpc-js/client.ts';
import { versions } from '../support/grpc-js/fixture.ts';
import type { Project } from '../support/project.ts';
import { type FrameworkName, linkFrameworks, projectWith, type Version, writeProgram } from './built-programs.ts';
import { RemoteProgram } from './remote-program.ts';

/** A program that knows nothing of this package, and how it is started. */
export interface RegisteredProgram {
  readonly name: string;
  /** By default grpc-js alone. */
  readonly framework?: FrameworkName;
  readonly format: 'cjs' | 'esm';
  /** The version that its servers and clients are of. */
  readonly version: Version;
  /** Whether they are of a copy of grpc-js that a dependency has, beside the program's own. */
  readonly isNested?: boolean;
  readonly args: readonly string[];
  /** Path of the Node that runs it; by default the one that runs the test. */
  readonly node?: string;
}

const [, newest] = versions.find(([version]) => version === '1.14')!;
const other = { '1.10': '1.14', '1.14': '1.10' } as const;
const ownConnection = { 'grpc.use_local_subchannel_pool': 1 };

/** Runs both contracts of endings against a program, one row after the other. */
export function describeRegistered(options: RegisteredProgram): void {
  const { name, framework = 'grpc-js', format, version, isNested = false, args, node } = options;
  describe(name, () => {
    let project: Project;
    let program: RemoteProgram;
    beforeAll(async () => {
      project = projectWith(isNested ? other[version] : version);
      if (framework !== 'grpc-js') linkFrameworks(project);
      const file = await writeProgram(project, framework, format);
      const where = { folder: project.folder, ...(node !== undefined && { node }) };
      program = await RemoteProgram.start([...args, file], where, isNested ? 'nested' : 'own');
    });
    afterAll(async () => {
      await program?.stop();
      project?.remove();
    });

    const servers = serverAdapter(options, () => program);
    describe('servers', () => {
      for (const row of applicable(servers)) {
        test(row.name, { retry: triesMore(row) }, async () => {
          await program.startOver();
          await runRow(servers, row, program.metrics, (outcome) => expectOutcome(servers, row, outcome));
        });
      }
    });

    const clients = clientAdapter(options, () => program);
    describe('clients', () => {
      for (const row of applicableToClient(clients)) {
        test(row.name, async () => {
          await program.startOver();
          await runClientRow(clients, row, program.metrics, (run) => expectClientOutcome(row, run));
        });
      }
    });
  });
}

const elsewhere: readonly Difference<ClientRow>[] = [
  {
    rows: ['a call on a closed client: an exception, without a status'],
    why: 'the exception stays in the program, so that the application here has sent a message',
  },
];

/** How the frameworks differ, beside grpc-js itself. They catch exceptions above grpc-js and answer them by themselves. */
const differences: Readonly<
  Record<FrameworkName, { servers: readonly Difference<Row>[]; clients: readonly Difference<ClientRow>[] }>
> = {
  'grpc-js': { servers: [], clients: [...races, ...elsewhere] },
  'nice-grpc': { servers: niceGrpcServers('2.1.18'), clients: niceGrpcClients('2.1.18') },
  nestjs: { servers: nestJsServers, clients: [...nestJsClients, ...races, ...elsewhere] },
};

function serverAdapter(
  { name, framework = 'grpc-js', version }: RegisteredProgram,
  program: () => RemoteProgram,
): Adapter {
  return {
    name,
    seesExceptions: framework !== 'nice-grpc',
    differences: [...differences[framework].servers, ...(version === '1.10' ? crashes : [])],
    async start({ method, handler, interceptor, limits = {} }, _metrics, tooLate) {
      const remote = program();
      const server = remote.next();
      const port = await remote.tell({
        name: 'serve',
        server,
        method,
        limits,
        ...(handler !== undefined && { handler }),
        ...(interceptor !== undefined && { interceptor }),
      });
      void tooLate.then(() => remote.tell({ name: 'tooLate', server }));
      const clients: GrpcJsClient[] = [];
      return {
        port,
        client: () => {
          const client = new GrpcJsClient(newest, 'new Client', `127.0.0.1:${port}`, ownConnection);
          clients.push(client);
          return client;
        },
        shutDown: async () => void (await remote.tell({ name: 'shutDown', server })),
        kill: () => void remote.tell({ name: 'kill', server }),
        stop: async () => {
          for (const client of clients) client.close();
          await remote.tell({ name: 'kill', server });
        },
      };
    },
  };
}

function clientAdapter(
  { name, framework = 'grpc-js', version }: RegisteredProgram,
  program: () => RemoteProgram,
): ClientAdapter {
  return {
    name,
    countsAttempts: false,
    differences: [...differences[framework].clients, ...(version === '1.10' ? oldest : [])],
    serve: clientsHere('1.14', newest, 'new Client').serve,
    connect: (address, row) => program().connect(address, row.limits ?? {}),
  };
}
