import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import {
  connectNodeAdapter,
  createConnectTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node';
import * as grpc from '@grpc/grpc-js';
import { instrumentHttp2Server, instrumentRoutes } from '../../../src/connect.ts';
import { ConnectClient } from '../../support/connect/client.ts';
import { implement } from '../../support/connect/implementation.ts';
import { Endings } from '../../support/connect/schema.ts';
import { GrpcJsClient } from '../../support/grpc-js/client.ts';
import type { TestClient } from '../../support/test-client.ts';
import type { Adapter, Limits } from '../adapter.ts';
import { dialects, type Protocol } from './dialects.ts';
import { differencesOf } from './differences.ts';
import { interceptors } from './interceptors.ts';

/** Connect under the contract of endings, over one of its protocols and HTTP/2. */
export function connect(protocol: Protocol): Adapter {
  return {
    name: `Connect, ${protocol}`,
    seesExceptions: true,
    differences: differencesOf(protocol),
    async start({ method, handler, interceptor, limits = {} }, metrics, tooLate) {
      const { maxReceiveBytes, maxSendBytes } = limits;
      const answer = connectNodeAdapter(
        instrumentRoutes(metrics, {
          routes: (router) => router.service(Endings, implement(method, handler, tooLate)),
          interceptors: interceptor === undefined ? [] : [interceptors(tooLate)[interceptor]],
          ...(maxReceiveBytes && { readMaxBytes: maxReceiveBytes }),
          ...(maxSendBytes && { writeMaxBytes: maxSendBytes }),
        }),
      );
      const server = instrumentHttp2Server(metrics, createServer(answer));
      const sessions = limitSessions(server, limits);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo; // it listens on TCP
      const clients: TestClient[] = [];
      const kill = () => {
        server.close();
        for (const session of sessions) session.destroy();
      };
      const dialect = dialects[protocol];
      return {
        port,
        ...(dialect && { dialect }),
        client: () => {
          const client = createClient(protocol, port);
          clients.push(client);
          return client;
        },
        shutDown: async () => {
          const closed = once(server, 'close');
          server.close();
          for (const session of sessions) session.close();
          await closed;
        },
        kill,
        stop: async () => {
          for (const client of clients) client.close();
          kill();
        },
      };
    },
  };
}

const ownConnection = { 'grpc.use_local_subchannel_pool': 1 };

function createClient(protocol: Protocol, port: number): TestClient {
  if (protocol === 'gRPC') return new GrpcJsClient(grpc, 'new Client', `127.0.0.1:${port}`, ownConnection);
  const baseUrl = `http://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  const createTransport = protocol === 'Connect' ? createConnectTransport : createGrpcWebTransport;
  const transport = createTransport({ baseUrl, httpVersion: '2', sessionManager });
  return new ConnectClient(transport, () => sessionManager.connect());
}

/** The open sessions of the server, which end when they reach an age, if there is one. */
function limitSessions(server: Http2Server, { maxConnectionAgeSeconds, maxConnectionAgeGraceSeconds = 0 }: Limits) {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {}); // the client has left
    const age = maxConnectionAgeSeconds && (maxConnectionAgeSeconds + maxConnectionAgeGraceSeconds) * 1000;
    const timer = age && setTimeout(() => session.destroy(), age);
    session.on('close', () => {
      sessions.delete(session);
      clearTimeout(timer);
    });
  });
  return sessions;
}
