import type { Method } from './methods/method.ts';
import { Servers } from './servers.ts';
import { CallStore } from './store.ts';

/** Why something was turned away before it was an RPC. */
export const rejections = ['content_type', 'protocol', 'tls_handshake'] as const;
export type Rejection = (typeof rejections)[number];

/** The constant that stands for every method that the server does not know. No path can be it: paths start with `/`. */
export const unknownMethod = 'unknown';

/**
 * The numbers of a server: of its calls, its connections, and of what never becomes a call.
 *
 * Bounded: a method is added where the service registers it or an interceptor is called for it, never for what
 * a caller asks for.
 */
export class ServerStore extends CallStore {
  /** Open HTTP/2 connections. */
  connections = 0;
  /** Whether they accept calls. */
  readonly servers: Servers = new Servers();
  /** When the certificate that each server presents expires, in seconds since 1970. */
  readonly certificateExpiry: Map<object, number> = new Map();
  readonly rejected: Record<Rejection, number> = { content_type: 0, protocol: 0, tls_handshake: 0 };

  /** The numbers of all calls to methods that the server does not have. */
  get unknown(): Method {
    return this.constantMethod(unknownMethod);
  }

  /** Counts connections that were opened, or closed where `change` is negative. Never throws. */
  changeConnections(change: number): void {
    this.faults.guard('connection', () => {
      this.connections += change;
      this.watcher?.changedServer();
    });
  }

  /** A server presents a certificate that is valid until then; undefined: it presents none any more. Never throws. */
  presentCertificate(server: object, expirySeconds: number | undefined): void {
    this.faults.guard('connection', () => {
      if (expirySeconds === undefined) this.certificateExpiry.delete(server);
      else this.certificateExpiry.set(server, expirySeconds);
    });
  }

  /** Counts what was turned away. Never throws. */
  reject(reason: Rejection): void {
    this.faults.guard('connection', () => {
      this.rejected[reason] += 1;
      this.watcher?.changedServer();
    });
  }
}
