import { shownName } from '../shown-name.ts';
import { cipherSuiteNames, curves } from './cipher-suites.ts';
import { DocumentError, type DocumentNode, isEmpty } from './document.ts';
import { boolean, duration, type Field, integer, listOf, oneOf, structure, text, texts } from './fields.ts';

/** `tls_server_config` of a web configuration. */
export interface TlsServerConfig {
  readonly cert?: string;
  readonly key?: string;
  readonly client_ca?: string;
  readonly cert_file?: string;
  readonly key_file?: string;
  readonly client_ca_file?: string;
  readonly client_auth_type?: string;
  readonly client_allowed_sans?: readonly string[];
  readonly min_version?: TlsVersion;
  readonly max_version?: TlsVersion;
  readonly cipher_suites?: readonly string[];
  readonly prefer_server_cipher_suites?: boolean;
  readonly curve_preferences?: readonly string[];
}

export type TlsVersion = 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';

interface HttpServerConfig {
  /** Read and ignored: the endpoint speaks HTTP/1.1, which every client of HTTP/2 does. */
  readonly http2?: boolean;
  readonly headers?: ReadonlyMap<string, string>;
}

interface RateLimit {
  /** Seconds between two requests; 0 for no limit. */
  readonly interval?: number;
  readonly burst?: number;
}

/**
 * A web configuration of Prometheus's exporters, as exporter-toolkit defines it:
 * https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
 */
export interface WebConfig {
  readonly tls_server_config?: TlsServerConfig;
  readonly http_server_config?: HttpServerConfig;
  readonly basic_auth_users?: ReadonlyMap<string, string>;
  readonly rate_limit?: RateLimit;
}

const versions: readonly TlsVersion[] = ['TLS10', 'TLS11', 'TLS12', 'TLS13'];

/** Values of headers; those without a list are free. */
const headerValues: Readonly<Record<string, readonly string[] | undefined>> = {
  'Strict-Transport-Security': undefined,
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': undefined,
  'Content-Security-Policy': undefined,
};

const headers: Field<ReadonlyMap<string, string>> = (node, path) => {
  const found = texts(node, path);
  for (const [name, value] of found) {
    if (!Object.hasOwn(headerValues, name)) {
      const known = Object.keys(headerValues).join(', ');
      throw new DocumentError(`${path}: ${shownName(name)} cannot be set, known are ${known}`, node.line);
    }
    const values = headerValues[name];
    if (values === undefined || values.includes(value)) continue;
    throw new DocumentError(`${path}.${name} must be one of ${values.join(', ')}`, node.line);
  }
  return found;
};

/** Shortest hash of bcrypt, in bytes. */
const shortestHash = 59;

const users: Field<ReadonlyMap<string, string>> = (node, path) => {
  const found = texts(node, path);
  for (const [user, hash] of found) {
    if (isHash(hash)) continue;
    const problem = `${path}: the password of ${shownName(user)} must be a bcrypt hash ("$2y$10$...")`;
    throw new DocumentError(`${problem}: make one with \`htpasswd -nBC 10 USER\``, node.line);
  }
  return new Map(Array.from(found, ([user, hash]) => [user, hash.replace(hashHead, '$$2b$$$1$$')]));
};

/**
 * What is in front of the salt, as Go's bcrypt reads it: a version up to 2, one character more if there is one, and the
 * cost. The algorithm is the same for every version.
 */
const hashHead = /^\$[\0-2](?:\$|[^$].)(\d\d)./s;

/** Whether Go's bcrypt takes it for a hash, before it compares anything. */
function isHash(hash: string): boolean {
  const cost = Number(hashHead.exec(hash)?.[1]);
  return Buffer.byteLength(hash) >= shortestHash && cost >= 4 && cost <= 31;
}

const file: Field<WebConfig> = structure<WebConfig>({
  tls_server_config: structure<TlsServerConfig>({
    cert: text,
    key: text,
    client_ca: text,
    cert_file: text,
    key_file: text,
    client_ca_file: text,
    client_auth_type: text,
    client_allowed_sans: listOf(text),
    min_version: oneOf(versions),
    max_version: oneOf(versions),
    cipher_suites: listOf(oneOf(cipherSuiteNames)),
    prefer_server_cipher_suites: boolean,
    curve_preferences: listOf(oneOf(Object.keys(curves))),
  }),
  http_server_config: structure<HttpServerConfig>({ http2: boolean, headers }),
  basic_auth_users: users,
  rate_limit: structure<RateLimit>({ interval: duration, burst: integer }),
});

/** Reads a web configuration. Throws `DocumentError` for an unknown field and for a value that cannot be right. */
export function readWebConfig(node: DocumentNode): WebConfig {
  return isEmpty(node) ? {} : file(node, '');
}
