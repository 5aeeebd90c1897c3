import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { codes, NotGrpc, StatusError } from './errors.ts';
import { decodeFrames, encodeFrame, type Messages } from './frames.ts';
import type { Context, Route } from './routes.ts';

export interface MessageLimits {
  readonly maxReceiveBytes?: number;
  readonly maxSendBytes?: number;
}

const head = { ':status': 200, 'content-type': 'application/grpc' };
const unitMilliseconds: Readonly<Record<string, number>> = { H: 3.6e6, M: 6e4, S: 1e3, m: 1, u: 1e-3, n: 1e-6 };
/** Timers of Node run no longer. */
const maxTimeout = 2 ** 31 - 1;

/** One request and its answer on the wire. The first end counts. */
export class Exchange implements Context {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly route: Route | undefined;
  readonly deadline: number;
  readonly #limits: MessageLimits;
  readonly #over = new AbortController();
  readonly #left = new StatusError(codes.cancelled, 'the client has left');
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    route: Route | undefined,
    limits: MessageLimits,
  ) {
    this.stream = stream;
    this.headers = headers;
    this.route = route;
    this.#limits = limits;
    const timeout = timeoutOf(headers['grpc-timeout']);
    this.deadline = Date.now() + timeout;
    if (timeout <= maxTimeout) this.#timer = setTimeout(() => this.#expire(), timeout);
    stream.on('error', () => {}); // The client has left, which `close` reports.
    stream.on('close', () => {
      clearTimeout(this.#timer);
      this.#over.abort(this.#left);
    });
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  async *requests(): AsyncGenerator<Buffer> {
    const { stream, headers, route } = this;
    const chunks: Messages = stream.iterator({ destroyOnReturn: false });
    const encoding = String(headers['grpc-encoding'] ?? 'identity');
    try {
      for await (const message of decodeFrames(chunks, encoding, this.#limits.maxReceiveBytes ?? Infinity)) {
        check(message, route?.checkRequest);
        yield message;
      }
    } catch (error) {
      throw stream.aborted ? this.#left : error;
    }
    if (stream.aborted) throw this.#left;
  }

  /** Resolves when the message was written to the connection, or cannot be any more. */
  async send(message: Buffer): Promise<void> {
    const { stream } = this;
    check(message, this.route?.checkResponse);
    if (message.length > (this.#limits.maxSendBytes ?? Infinity)) {
      throw new StatusError(codes.resourceExhausted, 'the response is too large');
    }
    if (!stream.headersSent) stream.respond(head, { waitForTrailers: true });
    await new Promise<void>((resolve) => {
      stream.write(encodeFrame(message), () => resolve());
    });
  }

  end(code: number, message = ''): void {
    const { stream } = this;
    if (stream.closed || stream.destroyed || stream.writableEnded) return;
    clearTimeout(this.#timer);
    const trailers = { 'grpc-status': code, 'grpc-message': encodeURIComponent(message) };
    stream.resume(); // Nobody reads the rest of the request.
    if (stream.headersSent) {
      stream.once('wantTrailers', () => {
        stream.sendTrailers(trailers);
        setImmediate(() => stream.close()); // Sooner it would overtake the trailers.
      });
      stream.end();
    } else {
      stream.respond({ ...head, ...trailers }, { endStream: true });
      stream.close();
    }
  }

  /** Ends with the status of what a handler or a middleware threw. */
  fail(error: unknown): void {
    if (error instanceof StatusError) this.end(error.code, error.message);
    else if (!(error instanceof NotGrpc)) this.end(codes.internal, 'internal error');
    else if (!this.stream.closed) this.stream.respond({ ':status': error.httpStatus }, { endStream: true });
  }

  #expire(): void {
    this.#over.abort(new StatusError(codes.deadlineExceeded, 'too late'));
    this.fail(this.signal.reason);
  }
}

function check(message: Buffer, rule: ((message: Buffer) => unknown) | undefined): void {
  try {
    rule?.(message);
  } catch (cause) {
    throw new StatusError(codes.internal, String(cause));
  }
}

/** Milliseconds. Infinity where there is no timeout, NaN for one that cannot be read. */
function timeoutOf(header: string | string[] | undefined): number {
  if (header === undefined) return Infinity;
  const [, value, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(header)) ?? [];
  return Number(value) * (unitMilliseconds[unit ?? ''] ?? NaN);
}
