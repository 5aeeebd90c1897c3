import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { remarkOnMode } from './exposed-file.ts';
import { FileWatch } from './file-watch.ts';
import { sendText } from './plain-text.ts';
import { RateLimit, type RateLimitSettings } from './rate-limit.ts';
import type { EndpointState, SecurityStats } from './security-stats.ts';
import { type Failure, type LoadedTls, loadTls } from './tls/loaded-tls.ts';
import { createSecureServer, type SecureServer } from './tls/secure-server.ts';
import type { PemSource, TlsSettings } from './tls/tls-settings.ts';
import { Access, type Refusal, tooManyRequests } from './users/access.ts';
import { PasswordThread } from './users/password-thread.ts';

/** What protects an endpoint. */
export interface SecurityConfig {
  readonly tls: TlsSettings | undefined;
  /** Bcrypt hashes by user. */
  readonly users: ReadonlyMap<string, string>;
  /** More headers of every answer. */
  readonly headers?: ReadonlyMap<string, string>;
  readonly rateLimit?: RateLimitSettings | undefined;
  /** The file that has the configuration, and whether there is a key in it. */
  readonly file?: { readonly path: string; readonly hasSecrets: boolean };
  /** What works and protects less than it seems to. */
  readonly remarks?: readonly string[];
  /** Makes the error of files that cannot be used. */
  readonly failure: Failure;
}

/** What an endpoint counts and warns of. */
export interface SecurityReport {
  readonly stats: SecurityStats;
  /** Warns of what is no fault, once for each message. */
  readonly note: (message: string) => void;
  /** Counts a fault. */
  readonly failed: (error: unknown) => void;
  /** Others are admitted from now on than those who are still being answered. */
  readonly accessChanged: () => void;
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
  const { file, remarks = [] } = config;
  const tls = config.tls === undefined ? undefined : await loadTls(config.tls, config.failure);
  const exposed = file?.hasSecrets === true ? await remarkOnMode(file.path, file.path) : [];
  for (const remark of [...remarks, ...(tls?.remarks ?? []), ...exposed]) note(remark);
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
  #rate: RateLimit | undefined;
  #secure: SecureServer | undefined;

  constructor(loaded: Loaded, options: SecurityOptions) {
    this.#options = options;
    this.#current = loaded;
    this.#rate = rateLimit(loaded.config);
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
    this.#secure = createSecureServer(options, tls, { failed: () => (stats.handshakeFailures += 1) });
    return this.#secure.server;
  }

  /** Adds the headers that every answer has. */
  prepare(response: ServerResponse): void {
    for (const [name, value] of this.#current.config.headers ?? []) response.setHeader(name, printableHeader(value));
  }

  /** Calls `answer` for a request that may be answered, at once or later, and refuses the others. */
  admit(request: IncomingMessage, response: ServerResponse, answer: () => void): void {
    if (this.#secure?.review(request, response) === false) return;
    const wait = this.#rate?.take() ?? 0;
    const checked = wait > 0 ? tooManyRequests(wait) : this.#access.check(request, response);
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
    checkChange(this.#current, next, next.config.failure);
    if (next.tls !== undefined) this.#secure?.replace(next.tls);
    this.#access.replaceUsers(next.config.users);
    if (isOtherRate(this.#rate, next.config)) this.#rate = rateLimit(next.config);
    const isSameAccess = isDeepStrictEqual(accessOf(next), accessOf(this.#current));
    this.#current = next;
    this.#state.expiresAt = next.tls?.expiresAt;
    this.#state.isCurrent = true;
    if (!isSameAccess) this.#options.accessChanged();
    return filesOf(next.config);
  }

  #keep(error: unknown): void {
    this.#state.isCurrent = false;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.note(`the endpoint keeps its certificate and its users, as new ones cannot be used: ${reason}`);
  }
}

/** What decides who is admitted. */
function accessOf({ config, tls }: Loaded): unknown {
  return { users: config.users, authorities: tls?.context.ca, names: tls?.settings.allowedSans };
}

/** Throws for what a running server cannot change. */
function checkChange({ tls: before }: Loaded, { tls: after }: Loaded, failure: Failure): void {
  if ((before === undefined) !== (after === undefined)) {
    const change = before === undefined ? 'turn TLS on' : 'turn TLS off';
    throw failure(`a running endpoint cannot ${change}: restart the service`, undefined);
  }
  if (before?.settings.clientAuth === after?.settings.clientAuth) return;
  const reason = 'Node.js would ignore it for new connections';
  const problem = `a running endpoint cannot change what it asks of client certificates, as ${reason}`;
  throw failure(`${problem}: restart the service`, undefined);
}

function rateLimit({ rateLimit: settings }: SecurityConfig): RateLimit | undefined {
  return settings === undefined ? undefined : new RateLimit(settings);
}

function isOtherRate(rate: RateLimit | undefined, { rateLimit: settings }: SecurityConfig): boolean {
  const before = rate?.settings;
  return before?.burst !== settings?.burst || before?.intervalSeconds !== settings?.intervalSeconds;
}

/** A value of a header, as Go writes it: line ends become spaces. Other control characters would make Node.js throw. */
function printableHeader(value: string): string {
  const line = value.replace(/[\r\n]/g, ' ').trim();
  return Buffer.from(line, 'utf8')
    .toString('latin1')
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
}

function filesOf({ tls, file }: SecurityConfig): string[] {
  const sources: (PemSource | undefined)[] = [tls?.cert, tls?.key, tls?.clientCa];
  const files = sources.flatMap((source) => (source !== undefined && 'file' in source ? [source.file] : []));
  return file === undefined ? files : [file.path, ...files];
}
