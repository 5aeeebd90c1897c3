import type { RefusalReason } from './users/access.ts';

/** What one endpoint says of its certificate and its files. */
export interface EndpointState {
  /** When the certificate expires, in seconds since 1970; undefined without TLS. */
  expiresAt: number | undefined;
  /** Whether the files that were read last are in use; undefined if the endpoint has no files. */
  isCurrent: boolean | undefined;
}

/** What TLS and users of all endpoints count: plain numbers, which a collector of `naming` names. */
export class SecurityStats {
  /** The endpoints that are open and have TLS or users. */
  readonly endpoints: Set<EndpointState> = new Set();
  /** Whether there has been one: before, nothing of this is worth a line in a scrape. */
  isUsed = false;
  handshakeFailures = 0;
  readonly refused: Record<RefusalReason, number> = { credentials: 0, attempts: 0, busy: 0, rate: 0 };
}
