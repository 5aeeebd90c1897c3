import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { invalidOption } from '../core/errors.ts';
import { FileWatch } from './file-watch.ts';
import { sendText } from './plain-text.ts';
import type { EndpointState, SecurityStats } from './security-stats.ts';
import { type LoadedTls, loadTls } from './tls/loaded-tls.ts';
import { createSecureServer, type SecureServer } from './tls/secure-server.ts';
import type { PemSource, TlsSettings } from './tls/tls-settings.ts';
import { Access, type Refusal } from './users/access.ts';
import { PasswordThread } from './users/password-thread.ts';

/** What protects an endpoint. */
interface SecurityConfig {
  readonly tls: TlsSettings | undefined;
  /** Bcrypt hashes by user. */
  readonly users: ReadonlyMap<string, string>;
}

/** What an endpoint counts and warns of. */
export interface SecurityReport {
  readonly stats: SecurityStats;
  /** Warns of what is no fault, once for each message. */
  readonly note: (message: string) => void;
  /** Counts a fault. */
  readonly failed: (error: unknown) => void;
}

export interface SecurityOptions extends SecurityReport {
  /** Reads the configuration; called again when a file has changed. Rejects with `invalid_option`. */
  readonly read: () => Promise<SecurityConfig>;
  readonly tokens: readonly string[];
  /** Seconds between two looks at the files. */
  readonly rereadSeconds?: number | undefined;
}

interface Loaded {
  readonly config: SecurityConfig;
  readonly tls: LoadedTls | undefined;
}

/** Reads the configuration and its files. Rejects with `invalid_option`. */
export async function openSecurity(options: SecurityOptions): Promise<Security> {
  return new Security(await load(options), options);
}

async function load({ read, note }: SecurityOptions): Promise<Loaded> {
  const config = await read();
  const tls = config.tls === undefined ? undefined : await loadTls(config.tls);
  for (const remark of tls?.remarks ?? []) note(remark);
  return { config, tls };
}

/** TLS and users of one endpoint. */
export class Security {
  readonly #options: SecurityOptions;
  readonly #thread = new PasswordThread();
  readonly #access: Access;
  readonly #state: EndpointState;
  readonly #watch: FileWatch | undefined;
  #current: Loaded;
  #secure: SecureServer | undefined;

  constructor(loaded: Loaded, options: SecurityOptions) {
    this.#options = options;
    this.#current = loaded;
    this.#access = new Access(loaded.config.users, options.tokens, (comparison) => this.#thread.compare(comparison));
    const files = filesOf(loaded.config);
    this.#state = { expiresAt: loaded.tls?.expiresAt, isCurrent: files.length === 0 ? undefined : true };
    const { stats, rereadSeconds: intervalSeconds } = options;
    stats.isUsed = true;
    stats.endpoints.add(this.#state);
    const watching = {
      reload: () => this.#reload(),
      failed: (error: unknown) => this.#keep(error),
      ...(intervalSeconds !== undefined && { intervalSeconds }),
    };
    this.#watch = files.length === 0 ? undefined : new FileWatch(files, watching);
  }

  /** Whether the endpoint speaks TLS. */
  get isSecure(): boolean {
    return this.#current.tls !== undefined;
  }

  /** Creates the server: over TLS if there is a certificate. */
  createServer(options: ServerOptions, createPlain: (options: ServerOptions) => Server): Server {
    const { tls } = this.#current;
    if (tls === undefined) return createPlain(options);
    const { stats } = this.#options;
    this.#secure = createSecureServer(options, tls, () => (stats.handshakeFailures += 1));
    return this.#secure.server;
  }

  /** Calls `answer` for a request that may be answered, at once or later, and refuses the others. */
  admit(request: IncomingMessage, response: ServerResponse, answer: () => void): void {
    const checked = this.#access.check(request, response);
    if (!(checked instanceof Promise)) {
      this.#settle(checked, response, answer);
      return;
    }
    void this.#settleLater(checked, response, answer);
  }

  /** Ends the watch and the thread. */
  async close(): Promise<void> {
    this.#watch?.close();
    this.#options.stats.endpoints.delete(this.#state);
    await this.#thread.close();
  }

  /** Never rejects. */
  async #settleLater(
    checked: Promise<Refusal | undefined>,
    response: ServerResponse,
    answer: () => void,
  ): Promise<void> {
    try {
      const refusal = await checked;
      if (!response.destroyed) this.#settle(refusal, response, answer);
    } catch (error) {
      this.#options.failed(error);
      if (!response.headersSent) sendText(response, 503, 'the password cannot be checked: try again later');
    }
  }

  #settle(refusal: Refusal | undefined, response: ServerResponse, answer: () => void): void {
    if (refusal === undefined) {
      answer();
      return;
    }
    const { reason, status, text, headers } = refusal;
    this.#options.stats.refused[reason] += 1;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    sendText(response, status, text);
  }

  /** Everything is read and checked before anything changes. */
  async #reload(): Promise<readonly string[]> {
    const next = await load(this.#options);
    checkChange(this.#current, next);
    if (next.tls !== undefined) this.#secure?.replace(next.tls);
    this.#access.replaceUsers(next.config.users);
    this.#current = next;
    this.#state.expiresAt = next.tls?.expiresAt;
    this.#state.isCurrent = true;
    return filesOf(next.config);
  }

  #keep(error: unknown): void {
    this.#state.isCurrent = false;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.note(`the endpoint keeps its certificate and its users, as new ones cannot be used: ${reason}`);
  }
}

/** Throws `invalid_option` for what a running server cannot change. */
function checkChange({ tls: before }: Loaded, { tls: after }: Loaded): void {
  if ((before === undefined) !== (after === undefined)) {
    const change = before === undefined ? 'start' : 'stop';
    throw invalidOption(`a running endpoint cannot ${change} to use TLS: restart the service`);
  }
  if (before?.settings.clientAuth === after?.settings.clientAuth) return;
  const reason = 'Node.js would ignore it for new connections';
  throw invalidOption(
    `a running endpoint cannot ask clients for other certificates, as ${reason}: restart the service`,
  );
}

function filesOf({ tls }: SecurityConfig): string[] {
  const sources: (PemSource | undefined)[] = [tls?.cert, tls?.key, tls?.clientCa];
  return sources.flatMap((source) => (source !== undefined && 'file' in source ? [source.file] : []));
}
