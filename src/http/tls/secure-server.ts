import type { ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { isAccepted } from './client-policy.ts';
import type { LoadedTls } from './loaded-tls.ts';

/** A client that takes longer for its handshake is closed, in milliseconds. Node's own limit is two minutes. */
const handshakeTimeout = 10_000;

/** A server whose certificate can be replaced while it runs. */
export interface SecureServer {
  readonly server: Server;
  /** From now on new connections get this. `clientAuth` must be the same: Node.js ignores another one. */
  replace(tls: LoadedTls): void;
}

/**
 * Creates a server for HTTP/1.1 over TLS. It closes connections of clients without the certificate that they need, before it
 * reads a request, and calls `failed` for each handshake that fails.
 */
export function createSecureServer(http: ServerOptions, tls: LoadedTls, failed: () => void): SecureServer {
  let current = tls;
  const { clientAuth } = tls.settings;
  const server = createServer({
    ...http,
    ...tls.context,
    handshakeTimeout,
    requestCert: clientAuth !== 'none',
    // Clients without a valid certificate are refused in the handshake itself.
    rejectUnauthorized: clientAuth === 'verify',
  });
  server.prependListener('secureConnection', (socket: TLSSocket) => {
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
  };
}
