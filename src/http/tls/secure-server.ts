import type { IncomingMessage, ServerOptions, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { isAccepted } from './client-policy.ts';
import type { LoadedTls } from './loaded-tls.ts';

/** A server whose certificate can be replaced while it runs. */
export interface SecureServer {
  readonly server: Server;
  /** From now on new connections get this. `clientAuth` must be the same: Node.js ignores another one. */
  replace(tls: LoadedTls): void;
  /**
   * Whether to answer a request. A connection that is older than the last `replace` is checked again and closed with its
   * answer: otherwise a client that keeps it open would never see the new certificate, and never lose its access.
   */
  review(request: IncomingMessage, response: ServerResponse): boolean;
}

interface SecureServerOptions {
  /** Counts a handshake that failed. */
  readonly failed: () => void;
  /** A client that takes longer for its handshake is closed; 10 by default. Node's own limit is two minutes. */
  readonly handshakeSeconds?: number;
}

/**
 * Creates a server for HTTP/1.1 over TLS. It closes connections of clients without the certificate that they need, before it
 * reads a request, and calls `failed` for each handshake that fails.
 */
export function createSecureServer(http: ServerOptions, tls: LoadedTls, options: SecureServerOptions): SecureServer {
  const { failed, handshakeSeconds = 10 } = options;
  let current = tls;
  /** What was in use when a connection was made. */
  const seen = new WeakMap<object, LoadedTls>();
  const { clientAuth } = tls.settings;
  const server = createServer({
    ...http,
    ...tls.context,
    handshakeTimeout: handshakeSeconds * 1000,
    requestCert: clientAuth !== 'none',
    // Clients without a valid certificate are refused in the handshake itself.
    rejectUnauthorized: clientAuth === 'verify',
  });
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    seen.set(socket, current);
    if (isAccepted(socket, current.settings)) return;
    failed();
    socket.destroy();
  });
  server.on('tlsClientError', failed);
  return {
    server,
    replace: (next) => {
      server.setSecureContext(next.context);
      current = next;
    },
    review: ({ socket }, response) => {
      if (seen.get(socket) === current) return true;
      response.setHeader('Connection', 'close');
      if (isAccepted(socket as TLSSocket, current.settings)) return true; // the server makes no others
      failed();
      socket.destroy();
      return false;
    },
  };
}
