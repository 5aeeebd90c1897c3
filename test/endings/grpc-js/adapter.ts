import type { ServerOptions } from '@grpc/grpc-js';
import type { Difference } from '../../support/differences.ts';
import { behaviours } from '../../support/grpc-js/behaviours.ts';
import { GrpcJsClient } from '../../support/grpc-js/client.ts';
import { Fixture, type Grpc, type Mode } from '../../support/grpc-js/fixture.ts';
import type { Adapter, Limits } from '../adapter.ts';
import type { Row } from '../row.ts';
import { interceptors } from './interceptors.ts';
import { type GrpcJsRow, keptRows, ownRows } from './own-rows.ts';

/** One version of grpc-js under the contract of endings, with one way to add the metrics to its server. */
export function grpcJs(version: string, grpc: Grpc, mode: Mode): Adapter<GrpcJsRow> {
  return {
    name: `grpc-js ${version}, ${mode}`,
    seesExceptions: mode === 'instrument',
    differences: [...(version === '1.10' ? oldest : []), ...(mode === 'injected connection' ? injected : [])],
    ownRows,
    async start(row: GrpcJsRow, metrics, tooLate) {
      const handler = row.ownHandler ?? (row.handler && behaviours(tooLate)[row.handler]);
      const interceptor = row.ownInterceptor ?? (row.interceptor && interceptors(tooLate)[row.interceptor]);
      const { credentialsInterceptor } = row;
      const setup = {
        handlers: handler === undefined ? {} : { [row.method]: handler },
        options: serverOptions(row.limits ?? {}),
        interceptors: interceptor === undefined ? [] : [interceptor],
        ...(credentialsInterceptor && { credentialsInterceptors: [credentialsInterceptor] }),
      };
      const clients: GrpcJsClient[] = [];
      const fixture = await Fixture.start(grpc, mode, setup, metrics);
      return {
        port: fixture.port,
        client: () => {
          const client = new GrpcJsClient(grpc, 'new Client', `127.0.0.1:${fixture.port}`, ownConnection);
          clients.push(client);
          return client;
        },
        shutDown: () => new Promise((resolve) => fixture.server.tryShutdown(() => resolve())),
        kill: () => fixture.server.forceShutdown(),
        stop: () => {
          for (const client of clients) client.close();
          return fixture.stop();
        },
      };
    },
  };
}

const ownConnection = { 'grpc.use_local_subchannel_pool': 1 };

/** Rows that grpc-js 1.10 does not have. */
export const crashes: readonly Difference<Row>[] = [
  {
    rows: ['a request that says gzip and is not'],
    why: 'grpc-js up to 1.13.4 crashes the process',
  },
];

const oldest: readonly Difference<Row>[] = [
  ...crashes,
  {
    rows: ['an interceptor of the credentials refuses', ...keptRows],
    why: 'credentials have interceptors from 1.11 on',
  },
];

/** The library does not see the HTTP/2 server of an injected connection, only its own interceptor. */
const injected: readonly Difference<Row>[] = [
  {
    rows: ['the client reads nothing and goes away while the answer is on its way'],
    why: 'Node 26 calls back for a write that was cut off as if it had succeeded, and only the stream knows better',
  },
  {
    rows: ['another interceptor passes the call on later, when the client has gone'],
    why: 'grpc-js calls no interceptor, and the library does not see the stream',
  },
  {
    rows: ['an interceptor of the credentials refuses', ...keptRows],
    why: 'it sits nearer the wire than the library, and only the stream shows what it does',
  },
  {
    rows: ['an unknown method', 'an unknown service', 'a wrong content type is not an RPC'],
    why: 'grpc-js calls no interceptor',
  },
];

/** The options of a server of grpc-js that has these limits. */
export function serverOptions({
  maxReceiveBytes,
  maxSendBytes,
  maxConnectionAgeSeconds,
  maxConnectionAgeGraceSeconds,
}: Limits): ServerOptions {
  return {
    ...(maxReceiveBytes && { 'grpc.max_receive_message_length': maxReceiveBytes }),
    ...(maxSendBytes && { 'grpc.max_send_message_length': maxSendBytes }),
    ...(maxConnectionAgeSeconds && { 'grpc.max_connection_age_ms': maxConnectionAgeSeconds * 1000 }),
    ...(maxConnectionAgeGraceSeconds && {
      'grpc.max_connection_age_grace_ms': maxConnectionAgeGraceSeconds * 1000,
    }),
  };
}
