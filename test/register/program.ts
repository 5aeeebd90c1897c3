import * as ownCopy from '@grpc/grpc-js';
import { interceptors } from '../endings/grpc-js/interceptors.ts';
import { behaviours } from '../support/grpc-js/behaviours.ts';
import { GrpcJsClient } from '../support/grpc-js/client.ts';
import type { Grpc } from '../support/grpc-js/fixture.ts';
import { service } from '../support/service.ts';
import type { TestCall } from '../support/test-client.ts';
import { deferred } from '../support/wait.ts';
import type { Command, Report } from './protocol.ts';

/*
 * A program that knows nothing of this package. It makes servers and clients of grpc-js as its parent process tells it.
 *
 * The tests bundle it as CommonJS and as an ES module; grpc-js stays outside.
 */

let grpc: Grpc = ownCopy;
const servers = new Map<number, { server: ownCopy.Server; tooLate: () => void }>();
const clients = new Map<number, GrpcJsClient>();
const calls = new Map<number, TestCall>();

process.on('unhandledRejection', () => {}); // Handlers of the contract reject.

function report(message: Report): void {
  process.send!(message);
}

async function serve(command: Command<'serve'>): Promise<number> {
  const { promise, resolve } = deferred();
  const { method, handler, interceptor, options } = command;
  const server = new grpc.Server({
    ...options,
    ...(interceptor && { interceptors: [interceptors(promise)[interceptor]] }),
  });
  server.addService(service, handler === undefined ? {} : { [method]: behaviours(promise)[handler] });
  servers.set(command.server, { server, tooLate: resolve });
  return new Promise((bound, failed) => {
    const insecure = grpc.ServerCredentials.createInsecure();
    server.bindAsync('127.0.0.1:0', insecure, (error, port) => (error ? failed(error) : bound(port)));
  });
}

function start({ client, call: id, method, options }: Command<'start'>): void {
  try {
    const call = clients.get(client)!.start(method, options);
    calls.set(id, call);
    call.call.on?.('data', () => report({ call: id, response: call.responses.at(-1)! }));
    void call.status.then((status) => report({ call: id, status, responses: [...call.responses] }));
  } catch {
    report({ call: id, status: 'UNKNOWN', responses: [] });
  }
}

/** What each command does. A number that it returns goes back to the parent. */
const commands: { readonly [Name in Command['name']]: (command: Command<Name>) => unknown } = {
  useNested: async () => {
    const dependency = 'dependency-with-its-own-grpc-js';
    grpc = ((await import(dependency)) as { grpc: Grpc }).grpc;
  },
  serve,
  tooLate: ({ server }) => servers.get(server)!.tooLate(),
  shutDown: ({ server }) => new Promise((resolve) => servers.get(server)!.server.tryShutdown(resolve)),
  kill: ({ server }) => servers.get(server)!.server.forceShutdown(),
  connect: ({ client, address, options }) => {
    clients.set(client, new GrpcJsClient(grpc, 'new Client', address, options));
  },
  ready: ({ client }) => clients.get(client)!.ready(),
  start,
  send: ({ call, message }) => calls.get(call)?.send(message),
  halfClose: ({ call }) => calls.get(call)?.halfClose(),
  cancel: ({ call }) => calls.get(call)?.cancel(),
  close: ({ client }) => clients.get(client)!.close(),
};

process.on('message', (command: Command) => {
  void (async () => {
    try {
      const run = commands[command.name] as (command: Command) => unknown; // the one of its name
      const result = await run(command);
      report({ id: command.id, ...(typeof result === 'number' && { result }) });
    } catch (error) {
      report({ id: command.id, error: String(error) });
    }
  })();
});
