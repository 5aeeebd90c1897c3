import type { ClientLimits } from '../../client-endings/adapter.ts';
import type { TestCall, TestClient } from '../../support/test-client.ts';
import { deferred } from '../../support/wait.ts';
import type { Command, Report } from '../protocol.ts';

/** A server of a program. */
interface ProgramServer {
  readonly port: number;
  shutDown(): Promise<unknown>;
  kill(): void;
}

/** The framework that a program is written with. */
export interface Framework {
  /** Makes the servers and clients of the copy of grpc-js that a dependency has. */
  useNested?(): Promise<void>;
  serve(command: Command<'serve'>, tooLate: Promise<void>): Promise<ProgramServer>;
  connect(address: string, limits: ClientLimits): TestClient;
}

function report(message: Report): void {
  process.send!(message);
}

/** Does what the parent process says, with servers and clients of a framework. */
export function runProgram(framework: Framework): void {
  const servers = new Map<number, ProgramServer & { readonly tooLate: () => void }>();
  const clients = new Map<number, TestClient>();
  const calls = new Map<number, TestCall>();

  const start = ({ client, call: id, method, options }: Command<'start'>): void => {
    try {
      const call = clients.get(client)!.start(method, options);
      calls.set(id, call);
      void call.firstMessage.then(() => report({ call: id, response: call.responses[0]! }));
      void call.status.then((status) => report({ call: id, status, responses: [...call.responses] }));
    } catch {
      report({ call: id, status: 'UNKNOWN', responses: [] });
    }
  };

  /** What each command does. A number that it returns goes back to the parent. */
  const commands: { readonly [Name in Command['name']]: (command: Command<Name>) => unknown } = {
    useNested: () => framework.useNested!(),
    serve: async (command) => {
      const { promise, resolve } = deferred();
      const server = await framework.serve(command, promise);
      servers.set(command.server, { ...server, tooLate: resolve });
      return server.port;
    },
    tooLate: ({ server }) => servers.get(server)!.tooLate(),
    shutDown: ({ server }) => servers.get(server)!.shutDown(),
    kill: ({ server }) => servers.get(server)!.kill(),
    connect: ({ client, address, limits }) => void clients.set(client, framework.connect(address, limits)),
    ready: ({ client }) => clients.get(client)!.ready(),
    start,
    send: ({ call, message }) => calls.get(call)?.send(message),
    halfClose: ({ call }) => calls.get(call)?.halfClose(),
    cancel: ({ call }) => calls.get(call)?.cancel(),
    close: ({ client }) => clients.get(client)!.close(),
  };

  process.on('unhandledRejection', () => {}); // Handlers of the contract reject.
  const obey = async (command: Command): Promise<void> => {
    try {
      const run = commands[command.name] as (command: Command) => unknown; // the one of its name
      const result = await run(command);
      report({ id: command.id, ...(typeof result === 'number' && { result }) });
    } catch (error) {
      report({ id: command.id, error: String(error) });
    }
  };
  process.on('message', (given: Command[]) => {
    for (const command of given) void obey(command);
  });
}
