import * as grpc from '@grpc/grpc-js';
import { partsOf } from '../../src/metrics.ts';
import type { Adapter } from '../endings/adapter.ts';
import { GrpcJsClient } from '../support/grpc-js/client.ts';
import { replyBehaviours } from '../support/reply-behaviours.ts';
import { type MethodName, service } from '../support/service.ts';
import { differences } from './differences.ts';
import { Server } from './framework/server.ts';
import { instrument } from './instrument.ts';
import { middlewares, refuse } from './middlewares.ts';

const ownConnection = { 'grpc.use_local_subchannel_pool': 1 };

/** The made-up framework under the contract of endings. Its clients are those of grpc-js. */
export const madeUp: Adapter = {
  name: 'a made-up framework',
  seesExceptions: true,
  differences,
  async start({ method, handler, interceptor, limits }, metrics, tooLate) {
    const server = new Server(limits);
    for (const [name, { path, requestStream, responseStream, ...codecs }] of Object.entries(service)) {
      server.routes.set(path, {
        path,
        requestStream,
        responseStream,
        handler:
          handler === undefined || (name as MethodName) !== method
            ? undefined
            : replyBehaviours(tooLate, refuse)[handler],
        checkRequest: codecs.requestDeserialize,
        checkResponse: codecs.responseSerialize,
      });
    }
    if (interceptor !== undefined) server.middlewares.push(middlewares(tooLate)[interceptor]);
    instrument(server, partsOf(metrics).server);
    const port = await server.listen();
    const clients: GrpcJsClient[] = [];
    return {
      port,
      client: () => {
        const client = new GrpcJsClient(grpc, 'new Client', `127.0.0.1:${port}`, ownConnection);
        clients.push(client);
        return client;
      },
      shutDown: () => server.shutDown(),
      kill: () => server.kill(),
      stop: async () => {
        for (const client of clients) client.close();
        server.kill();
      },
    };
  },
};
