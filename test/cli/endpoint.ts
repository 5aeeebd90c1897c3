import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server on a free port. */
export interface Endpoint {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly close: () => void;
}

/** An endpoint that answers each request with the text for its number, from 1. */
export function serve(text: (scrapes: number) => string): Promise<Endpoint> {
  let scrapes = 0;
  return listen((_request, response) => {
    scrapes += 1;
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text(scrapes));
  });
}

export async function listen(answer: RequestListener): Promise<Endpoint> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // of a server that listens on a port
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/metrics`, port, server, close };
}
