import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';

/** What the wire said in the end: gRPC's status, HTTP's where there was none, or that the stream was cut off. */
export type WireEnd = { readonly status: number } | { readonly http: number } | { readonly reset: number };

/** How another protocol than gRPC says the same: Connect and gRPC-Web. */
export interface Dialect {
  /** Headers of a request to this method that has these headers in gRPC. */
  headers(method: string, headers: Record<string, string>): Record<string, string>;
  /** The body of a request, of messages that gRPC has framed. */
  body(framed: Buffer, method: string): Buffer;
  /** How a call ended that was answered so; undefined where the answer does not say it. */
  readEnd(headers: IncomingHttpHeaders, body: Buffer): WireEnd | undefined;
}

/** An HTTP/2 client that sends what no gRPC client would, and reports what came back. */
export class RawClient {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
  readonly #dialect: Dialect | undefined;

  private constructor(session: ClientHttp2Session, socket: Socket, dialect: Dialect | undefined) {
    this.session = session;
    this.socket = socket;
    this.#dialect = dialect;
  }

  static async connect(port: number, dialect?: Dialect): Promise<RawClient> {
    const socket = connectSocket(port, '127.0.0.1');
    const session = connect(`http://127.0.0.1:${port}`, { createConnection: () => socket });
    session.on('error', () => {}); // Tests cut connections on purpose.
    await once(session, 'connect');
    return new RawClient(session, socket, dialect);
  }

  /** Sends the headers of a call, and nothing more. */
  open(method: string, headers: Record<string, string> = {}): ClientHttp2Stream {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': method.startsWith('/') ? method : `/test.v1.Endings/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(this.#dialect?.headers(method, headers) ?? headers),
    });
    stream.on('error', () => {});
    stream.resume();
    if (this.#dialect !== undefined) speak(stream, method, this.#dialect);
    return stream;
  }

  /** Sends a whole call. */
  call(method: string, body: Buffer, headers: Record<string, string> = {}): Promise<WireEnd> {
    const stream = this.open(method, headers);
    stream.end(body);
    return end(stream);
  }

  close(): void {
    this.session.destroy();
  }
}

/** A message as gRPC frames it. */
export function frame(bytes: string | Buffer, flag = 0): Buffer {
  const message = Buffer.from(bytes);
  const head = Buffer.alloc(5);
  head.writeUInt8(flag);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const dialects = new WeakMap<ClientHttp2Stream, Dialect>();

/** From now on the messages that are written to the stream, framed as gRPC does, are those of the dialect. */
function speak(stream: ClientHttp2Stream, method: string, dialect: Dialect): void {
  dialects.set(stream, dialect);
  const write = stream.write.bind(stream) as (body: Buffer) => boolean;
  const finish = stream.end.bind(stream) as (body?: Buffer) => unknown;
  Object.assign(stream, {
    write: (framed: Buffer) => write(dialect.body(framed, method)),
    end: (framed?: Buffer) => finish(framed && dialect.body(framed, method)),
  });
}

/** How a stream ended, as the client's side of the wire saw it. */
export async function end(stream: ClientHttp2Stream): Promise<WireEnd> {
  let headers: IncomingHttpHeaders = {};
  stream.on('response', (received) => {
    headers = { ...headers, ...received };
  });
  stream.on('trailers', (received) => {
    headers = { ...headers, ...received };
  });
  const dialect = dialects.get(stream);
  const body: Buffer[] = [];
  if (dialect !== undefined) stream.on('data', (chunk: Buffer) => body.push(chunk));
  // After an early answer the stream stays open as long as the client's side is.
  await new Promise<void>((resolve) => {
    stream.on('end', () => (dialect !== undefined || headers['grpc-status'] !== undefined) && resolve());
    stream.on('close', resolve);
  });
  const said = dialect?.readEnd(headers, Buffer.concat(body));
  if (said !== undefined) return said;
  const status = headers['grpc-status'];
  if (status !== undefined) return { status: Number(status) };
  if (headers[':status'] !== undefined && Number(headers[':status']) !== 200)
    return { http: Number(headers[':status']) };
  return { reset: stream.rstCode ?? 0 };
}
