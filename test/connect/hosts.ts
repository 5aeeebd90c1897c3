import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ConnectRouter } from '@connectrpc/connect';
import { expressConnectMiddleware } from '@connectrpc/connect-express';
import { fastifyConnectPlugin } from '@connectrpc/connect-fastify';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import express from 'express';
import { fastify } from 'fastify';
import { instrumentRoutes } from '../../src/connect.ts';
import type { GrpcMetrics } from '../../src/index.ts';
import { createAuthority } from '../security/certificates.ts';

interface Options {
  readonly routes: (router: ConnectRouter) => unknown;
  readonly readMaxBytes?: number;
}

/** A server that serves routes of Connect through one of its plugins. */
export interface Host {
  readonly name: string;
  readonly httpVersion: '1.1' | '2';
  readonly scheme: 'http' | 'https';
  /** Resolves with the port and with a function that ends the server. */
  readonly serve: (metrics: GrpcMetrics, options: Options) => Promise<{ port: number; stop: () => unknown }>;
}

const authority = await createAuthority();
const pair = await authority.issue({ names: [{ ip: '127.0.0.1' }], use: 'server' });

/** What a client needs to trust the hosts with TLS. */
export const trust: { readonly ca: string } = { ca: authority.cert };

async function listen(server: Server | Http2Server) {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session: ServerHttp2Session) => sessions.add(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.close();
    for (const session of sessions) session.destroy();
    if ('closeAllConnections' in server) server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, stop }; // it listens on TCP
}

function fastifyHost(http2: boolean): Host['serve'] {
  return async (metrics, { routes, ...limits }) => {
    const server = (
      http2 ? fastify({ http2: true, forceCloseConnections: true }) : fastify({ forceCloseConnections: true })
    ) as ReturnType<typeof fastify>;
    await server.register(
      fastifyConnectPlugin,
      instrumentRoutes(metrics, { routes: (router: ConnectRouter) => void routes(router), ...limits }),
    );
    await server.listen({ port: 0, host: '127.0.0.1' });
    return { port: (server.server.address() as AddressInfo).port, stop: () => void server.close() }; // TCP
  };
}

export const hosts: readonly Host[] = [
  {
    name: 'connectNodeAdapter on HTTP/2',
    httpVersion: '2',
    scheme: 'http',
    serve: (metrics, options) => listen(createHttp2Server(connectNodeAdapter(instrumentRoutes(metrics, options)))),
  },
  {
    name: 'connectNodeAdapter on HTTP/1.1',
    httpVersion: '1.1',
    scheme: 'http',
    serve: (metrics, options) => listen(createHttpServer(connectNodeAdapter(instrumentRoutes(metrics, options)))),
  },
  {
    name: 'connectNodeAdapter on HTTP/2 over TLS',
    httpVersion: '2',
    scheme: 'https',
    serve: (metrics, options) =>
      listen(createSecureServer(pair, connectNodeAdapter(instrumentRoutes(metrics, options)))),
  },
  {
    name: 'connectNodeAdapter on HTTP/1.1 over TLS',
    httpVersion: '1.1',
    scheme: 'https',
    serve: (metrics, options) =>
      listen(createHttpsServer(pair, connectNodeAdapter(instrumentRoutes(metrics, options)))),
  },
  {
    name: 'expressConnectMiddleware behind express.json()',
    httpVersion: '1.1',
    scheme: 'http',
    serve: (metrics, options) => {
      const app = express();
      app.use(express.json());
      app.use(expressConnectMiddleware(instrumentRoutes(metrics, options)));
      return listen(createHttpServer(app));
    },
  },
  { name: 'fastifyConnectPlugin on HTTP/1.1', httpVersion: '1.1', scheme: 'http', serve: fastifyHost(false) },
  { name: 'fastifyConnectPlugin on HTTP/2', httpVersion: '2', scheme: 'http', serve: fastifyHost(true) },
];
