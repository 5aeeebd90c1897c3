import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import * as grpc from '@grpc/grpc-js';
import type { Protocol } from '../../endings/connect/dialects.ts';
import { implement } from '../../support/connect/implementation.ts';
import { Endings } from '../../support/connect/schema.ts';
import type { Serve } from '../adapter.ts';
import { serveWith as serveGrpc } from '../grpc-js/adapter.ts';

const never = new Promise<void>(() => {});

/** Serves methods over a protocol: gRPC with grpc-js, the others with Connect. */
export function serveWith(protocol: Protocol): Serve {
  if (protocol === 'gRPC') return serveGrpc(grpc);
  return async (method, behaviour) => {
    if (behaviour === 'answerMalformed' || behaviour === 'streamOneThenMalformed') throw new Error('Connect cannot');
    let calls = 0;
    const answer = connectNodeAdapter({
      routes: (router) => router.service(Endings, implement(method, behaviour, never)),
    });
    const server = createServer((request, response) => {
      calls += 1;
      answer(request, response);
    });
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    });
    server.on('sessionError', () => {}); // tests cut connections on purpose
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const drop = () => {
      for (const socket of sockets) socket.destroy();
    };
    const close = () => {
      drop();
      server.close();
    };
    return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, calls: () => calls, drop, close }; // TCP
  };
}
