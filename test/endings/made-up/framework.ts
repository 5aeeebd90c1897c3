import { EventEmitter, once } from 'node:events';
import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { ClientGone, readOnly, readRequests } from './requests.ts';
import { StatusError } from './status-error.ts';

/** Yields the responses. Ends OK, or with what it throws. */
export type Handler = (requests: AsyncIterable<Buffer> | Iterable<Buffer>) => AsyncIterable<Buffer>;

/** A method of a service. Without a handler it is declared and not implemented. */
export interface Method {
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly serialize: (message: Buffer) => Buffer;
  readonly deserialize: (bytes: Buffer) => Buffer;
  readonly handler: Handler | undefined;
}

/** Sees one call. */
export interface CallObserver {
  received(bytes: number): void;
  sent(bytes: number): void;
  /** The handler has ended, or thrown this error. */
  answered(error?: unknown): void;
  /** The status has been sent. */
  end(code: number): void;
  /** The stream is closed, after the status or without one. */
  lost(): void;
}

/** Sees all requests of a server. */
export interface ServerObserver {
  /** A call begins. Its deadline is in milliseconds since 1970; Infinity is none. */
  call(path: string, deadline: number): CallObserver;
  unknown(code: number): void;
  wrongContentType(): void;
}

export interface Options {
  readonly methods: Readonly<Record<string, Method>>;
  readonly observer: ServerObserver;
  /** Runs before each handler. */
  readonly guard?: () => Promise<void>;
  readonly maxReceiveBytes?: number;
  readonly maxSendBytes?: number;
  readonly maxConnectionAgeSeconds?: number;
  readonly maxConnectionAgeGraceSeconds?: number;
}

/**
 * A small gRPC framework over node:http2, with handlers that are async generators. It shows that the contract and the port
 * need nothing of a real one.
 */
export class MadeUpServer {
  readonly http2Server: Http2Server = createServer();
  readonly #options: Options;
  readonly #changes = new EventEmitter();
  readonly #sessions = new Set<{ close(): void; destroy(): void }>();
  #running = 0;

  constructor(options: Options) {
    this.#options = options;
    const { maxConnectionAgeSeconds, maxConnectionAgeGraceSeconds = 0 } = options;
    this.http2Server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
      session.on('error', () => {});
      if (maxConnectionAgeSeconds === undefined) return;
      const age = maxConnectionAgeSeconds + maxConnectionAgeGraceSeconds;
      setTimeout(() => session.destroy(), age * 1000).unref();
    });
    this.http2Server.on('stream', (stream, headers) => this.#dispatch(stream, headers));
  }

  async listen(): Promise<number> {
    this.http2Server.listen(0, '127.0.0.1');
    await once(this.http2Server, 'listening');
    return (this.http2Server.address() as AddressInfo).port;
  }

  /** Resolves when no call is running. */
  async drain(): Promise<void> {
    this.http2Server.close();
    while (this.#running > 0) await once(this.#changes, 'end');
    for (const session of this.#sessions) session.close();
  }

  kill(): void {
    this.http2Server.close();
    for (const session of this.#sessions) session.destroy();
  }

  #dispatch(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => {});
    const { observer, methods } = this.#options;
    const path = headers[':path'] ?? '';
    if (!headers['content-type']?.startsWith('application/grpc')) {
      observer.wrongContentType();
      stream.respond({ ':status': 415 }, { endStream: true });
      return;
    }
    const method = methods[path];
    if (method === undefined) {
      observer.unknown(12);
      stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
      return;
    }
    this.#running += 1;
    stream.on('close', () => {
      this.#running -= 1;
      this.#changes.emit('end');
    });
    void new RunningCall(stream, headers, method, this.#options).run(path);
  }
}

/** One call of a server. */
class RunningCall {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #method: Method;
  readonly #options: Options;
  #status: number | undefined = undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, method: Method, options: Options) {
    this.#stream = stream;
    this.#headers = headers;
    this.#method = method;
    this.#options = options;
  }

  async run(path: string): Promise<void> {
    const timeout = timeoutOf(this.#headers['grpc-timeout'] as string | undefined);
    const deadline = Date.now() + timeout;
    const observer = this.#options.observer.call(path, deadline);
    const timer = timeout < 2 ** 31 ? setTimeout(() => this.#end(4), timeout) : undefined;
    this.#stream.on('wantTrailers', () => {
      this.#stream.sendTrailers({ 'grpc-status': String(this.#status) });
      observer.end(this.#status!);
    });
    this.#stream.on('close', () => {
      clearTimeout(timer);
      observer.lost();
    });
    try {
      if (Number.isNaN(timeout)) throw new StatusError(13, 'bad grpc-timeout');
      await this.#handle(observer);
      observer.answered();
      this.#end(0);
    } catch (error) {
      if (error instanceof ClientGone) return;
      observer.answered(error);
      this.#end(error instanceof StatusError ? error.code : 2);
    }
  }

  async #handle(observer: CallObserver): Promise<void> {
    const { handler, requestStream, responseStream, deserialize } = this.#method;
    const { guard, maxReceiveBytes = Infinity } = this.#options;
    if (handler === undefined) throw new StatusError(12, 'not implemented');
    await guard?.();
    const encoding = this.#headers['grpc-encoding'] as string | undefined;
    const codec = { encoding, maxReceiveBytes, deserialize, received: (bytes: number) => observer.received(bytes) };
    const requests = requestStream ? readRequests(this.#stream, codec) : [await readOnly(this.#stream, codec)];
    for await (const message of handler(requests)) {
      const bytes = this.#serialize(message);
      if (this.#status !== undefined || this.#stream.closed) return;
      this.#respond();
      const head = Buffer.alloc(5);
      head.writeUInt32BE(bytes.length, 1);
      this.#stream.write(Buffer.concat([head, bytes]), (error) => {
        if (!error) observer.sent(bytes.length);
      });
      if (!responseStream) return;
    }
  }

  #serialize(message: Buffer): Buffer {
    const { maxSendBytes = Infinity } = this.#options;
    if (message.length > maxSendBytes) throw new StatusError(8, 'the response is too large');
    try {
      return this.#method.serialize(message);
    } catch (error) {
      throw new StatusError(13, 'the response cannot be written', { cause: error });
    }
  }

  #end(code: number): void {
    if (this.#status !== undefined || this.#stream.closed) return;
    this.#status = code;
    this.#respond();
    this.#stream.end();
  }

  #respond(): void {
    if (this.#stream.headersSent) return;
    this.#stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  }
}

/** `grpc-timeout` in milliseconds. Infinity without one, NaN for a bad one. */
function timeoutOf(text: string | undefined): number {
  if (text === undefined) return Infinity;
  const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
  return Number(text.slice(0, -1)) * (units[text.slice(-1)] ?? Number.NaN);
}
