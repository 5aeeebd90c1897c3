import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Connections, type ConnectionsOptions } from '../../src/http/connections.ts';

const open: { readonly servers: Server[]; readonly sockets: Socket[] } = { servers: [], sockets: [] };

/** Ends all that a test has opened. For `afterEach`. */
export function endConnections(): void {
  for (const socket of open.sockets.splice(0)) socket.destroy();
  for (const server of open.servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
}

/** The socket of a client that may be cut off. It ends with the test. */
export function expendable<T extends Socket>(socket: T): T {
  open.sockets.push(socket);
  return socket.on('error', () => {});
}

/** This server with bounds on a free port, and what reaches its handler. */
export async function serveBounded(server: Server, answer: RequestListener, options?: ConnectionsOptions) {
  const seen = { urls: [] as string[], refused: 0, accepted: [] as Socket[] };
  open.servers.push(server);
  const connections = new Connections(server, options);
  server.on('connection', (socket: Socket) => seen.accepted.push(socket));
  server.on('request', (request, response) => {
    if (!connections.admit(request, response)) {
      seen.refused += 1;
      return;
    }
    seen.urls.push(request.url!);
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, connections, seen, port: (server.address() as AddressInfo).port }; // it listens on TCP
}
