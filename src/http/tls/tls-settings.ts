import type { SecureVersion } from 'node:tls';

/** Where a text in PEM is: in a file, or in the options themselves. `name` is how its option is called. */
export type PemSource =
  | { readonly name: string; readonly file: string }
  | { readonly name: string; readonly text: string };

/**
 * What an endpoint asks of clients' certificates: nothing, to send one, to have any, to have a valid one if they have one, or
 * to have a valid one. The first and the last are what users by code get; exporter-toolkit's files have all five.
 */
type ClientAuth = 'none' | 'request' | 'any' | 'verify-if-given' | 'verify';

/** TLS of an endpoint, whichever way it was configured. */
export interface TlsSettings {
  readonly cert: PemSource;
  readonly key: PemSource;
  readonly clientCa: PemSource | undefined;
  readonly clientAuth: ClientAuth;
  readonly allowedSans: readonly string[] | undefined;
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** OpenSSL's names of cipher suites, with those of TLS 1.3; Node's own by default. */
  readonly ciphers?: string | undefined;
  /** OpenSSL's names of curves; Node's own by default. */
  readonly curves?: string | undefined;
  /** Whether the endpoint's order of cipher suites counts, and not the client's. */
  readonly prefersOwnOrder: boolean;
}
