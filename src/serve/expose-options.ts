import { checkKeys, keysOf } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { checkBoolean } from '../core/check-type.ts';
import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import type { EndpointTlsOptions } from '../http/tls/tls-options.ts';
import { renamedHandlerKeys, type ScrapeHandlerOptions } from '../scrape/handler-options.ts';

/** Options of the HTTP server that `expose()` starts. */
export interface ExposeOptions extends ScrapeHandlerOptions {
  /** Port to listen on, 0 to 65535. 0 takes a free port. A text of digits is a port too: `process.env.PORT`. By default 8000. */
  readonly port?: number | string | undefined;
  /** Address or name to listen on, such as `127.0.0.1`. By default every address of the machine. */
  readonly host?: string | undefined;
  /**
   * Path of a Unix socket to listen on, in place of `port` and `host`: `'/run/shop/metrics.sock'`. Its file is removed when the
   * endpoint closes. One that a killed process left behind is replaced.
   */
  readonly socketPath?: string | undefined;
  /** Mode of the socket's file: who may connect. By default `0o600`, which is the user of the process alone. */
  readonly socketMode?: number | undefined;
  /**
   * Whether the endpoint has the live page at `/`, with the last ten minutes of every metric. By default it has.
   *
   * For the page the library reads the metrics every 5 s, and every second while somebody looks. Only then it reads
   * included registries too.
   */
  readonly page?: boolean | undefined;
  /**
   * Names by which browsers may open the live page, besides IP addresses, `localhost` and `host`: `['metrics.internal']`,
   * or `['.internal']` for a domain and all names below. By default none. Other names get 403, because a page of
   * somebody else's could have them. `/metrics` answers to every name.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** TLS, and client certificates. By default the endpoint speaks plain HTTP. */
  readonly tls?: EndpointTlsOptions | undefined;
  /**
   * Users who may read the endpoint, each with the bcrypt hash of a password: `{ prometheus: '$2y$10$...' }`. By default
   * everybody may. `htpasswd -nBC 10 prometheus` makes one. Use TLS too: otherwise the network sees the password.
   */
  readonly users?: Readonly<Record<string, string>> | undefined;
  /**
   * Bearer tokens with which clients may read the endpoint, each of at least 16 characters. By default none. With `users`
   * a client needs one of both.
   */
  readonly tokens?: readonly string[] | undefined;
  /**
   * Path of a web configuration of Prometheus's exporters, with TLS, users, headers and a rate limit: `'web.yml'`. It takes the
   * place of `tls` and `users`. JSON needs nothing else; YAML needs the package `yaml`. The library reads it again when it
   * changes.
   */
  readonly webConfig?: string | undefined;
  /**
   * Whether `/-/healthy` and `/-/ready` need a user or a token, too. By default they do not: probes of Kubernetes have
   * none, and the answers reveal only whether the process runs and accepts calls.
   */
  readonly protectProbes?: boolean | undefined;
  /**
   * Whether the endpoint answers in a thread of its own, so also while the event loop is blocked. By default it does with the
   * option `processes`, and does not without.
   */
  readonly thread?: boolean | undefined;
}

/** The names of all options of `expose()`. */
export const exposeKeys: readonly string[] = keysOf<ExposeOptions>({
  port: true,
  host: true,
  socketPath: true,
  socketMode: true,
  page: true,
  allowedHosts: true,
  tls: true,
  users: true,
  tokens: true,
  webConfig: true,
  protectProbes: true,
  thread: true,
  maxRequestsInFlight: true,
  timeoutSeconds: true,
});

/** Throws `invalid_option` for what cannot be right. The limits of scrapes are checked where they are used. */
export function checkExposeOptions(options: ExposeOptions): void {
  checkObject('expose() takes an object, such as { port: 8000 }', options);
  checkKeys('expose()', options, exposeKeys, renamedHandlerKeys);
  const { port = 8000, host, page, allowedHosts = [], protectProbes, thread, webConfig } = options;
  if (!isPort(port)) {
    throw invalidOption(`port must be a whole number from 0 to 65535, not ${quoted(port)}`);
  }
  if (host !== undefined && typeof host !== 'string') {
    throw invalidOption(`host must be a name or an address, not ${quoted(host)}`);
  }
  checkSocket(options);
  checkBoolean('page', page);
  checkBoolean('protectProbes', protectProbes);
  checkBoolean('thread', thread);
  if (webConfig !== undefined && (typeof webConfig !== 'string' || !/^[^\n\0]+$/.test(webConfig))) {
    throw invalidOption('webConfig must be the path of a file');
  }
  if (webConfig !== undefined && (options.tls !== undefined || options.users !== undefined)) {
    throw invalidOption('expose() takes webConfig, or tls and users, not both: nobody could say which of them counts');
  }
  if (!Array.isArray(allowedHosts)) {
    throw invalidOption(`allowedHosts must be an array of names, not ${quoted(allowedHosts)}`);
  }
  for (const name of allowedHosts) {
    if (isName(name)) continue;
    const form = 'a name without scheme, port and path, such as "metrics.internal" or ".internal"';
    throw invalidOption(`allowedHosts must have ${form}, not ${quoted(name)}`);
  }
}

/** Longest path of a socket on all systems, in bytes. Node 20 cuts a longer one without a word. */
const longestSocketPath = 103;

function checkSocket({ socketPath, socketMode, port, host }: ExposeOptions): void {
  if (socketPath === undefined) {
    if (socketMode !== undefined) throw invalidOption('socketMode needs socketPath: it is the mode of its file');
    return;
  }
  if (typeof socketPath !== 'string' || socketPath === '' || socketPath.includes('\0')) {
    throw invalidOption(`socketPath must be the path of a file, not ${quoted(socketPath)}`);
  }
  if (Buffer.byteLength(socketPath) > longestSocketPath) {
    throw invalidOption(`socketPath must have at most ${longestSocketPath} bytes, not ${quoted(socketPath)}`);
  }
  if (port !== undefined || host !== undefined) {
    throw invalidOption('expose() takes socketPath, or port and host, not both: call it once for each');
  }
  const isMode = socketMode === undefined || (Number.isInteger(socketMode) && socketMode >= 0 && socketMode <= 0o777);
  if (!isMode) throw invalidOption(`socketMode must be a number from 0 to 0o777, not ${quoted(socketMode)}`);
}

/** Environment variables are texts, so that a text of digits is a port too. */
function isPort(port: unknown): boolean {
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 65535;
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && /^\.?[\w-]+(\.[\w-]+)*$/.test(name);
}
