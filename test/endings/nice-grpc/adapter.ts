import * as grpc from '@grpc/grpc-js';
import { createServer, type Server } from 'nice-grpc';
import { instrumentServer } from '../../../src/nice-grpc.ts';
import { GrpcJsClient } from '../../support/grpc-js/client.ts';
import { type DefinitionKind, definitions } from '../../support/nice-grpc/definitions.ts';
import { implement } from '../../support/nice-grpc/implementation.ts';
import type { Adapter } from '../adapter.ts';
import { serverOptions } from '../grpc-js/adapter.ts';
import { differencesOf } from './differences.ts';
import { middlewares } from './middlewares.ts';

const ownConnection = { 'grpc.use_local_subchannel_pool': 1 };

/** nice-grpc under the contract of endings, with a definition of this kind. `use` attaches middlewares to each server. */
export function niceGrpc(
  version: string,
  kind: DefinitionKind,
  use: (server: Server) => Server = (server) => server,
): Adapter {
  return {
    name: `nice-grpc ${version}, a definition of ${kind}`,
    seesExceptions: true,
    differences: differencesOf(version),
    async start({ method, handler, interceptor, limits = {} }, metrics, tooLate) {
      const instrumented = use(instrumentServer(metrics, createServer, serverOptions(limits)));
      const server = interceptor === undefined ? instrumented : instrumented.use(middlewares(tooLate)[interceptor]);
      server.add(definitions[kind], implement(method, handler, tooLate));
      const port = await server.listen('127.0.0.1:0');
      const clients: GrpcJsClient[] = [];
      return {
        port,
        client: () => {
          const client = new GrpcJsClient(grpc, 'new Client', `127.0.0.1:${port}`, ownConnection);
          clients.push(client);
          return client;
        },
        shutDown: () => server.shutdown(),
        kill: () => server.forceShutdown(),
        stop: async () => {
          for (const client of clients) client.close();
          server.forceShutdown();
        },
      };
    },
  };
}
