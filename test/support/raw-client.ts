import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';

/** What the wire said in the end: gRPC's status, HTTP's where there was none, or that the stream was cut off. */
export type WireEnd = { readonly status: number } | { readonly http: number } | { readonly reset: number };

/** An HTTP/2 client that sends what no gRPC client would, and reports what came back. */
export class RawClient {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;

  private constructor(session: ClientHttp2Session, socket: Socket) {
    this.session = session;
    this.socket = socket;
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connectSocket(port, '127.0.0.1');
    const session = connect(`http://127.0.0.1:${port}`, { createConnection: () => socket });
    session.on('error', () => {}); // Tests cut connections on purpose.
    await once(session, 'connect');
    return new RawClient(session, socket);
  }

  /** Sends the headers of a call, and nothing more. */
  open(method: string, headers: Record<string, string> = {}): ClientHttp2Stream {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': method.startsWith('/') ? method : `/test.v1.Endings/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.on('error', () => {});
    stream.resume();
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

/** How a stream ended, as the client's side of the wire saw it. */
export async function end(stream: ClientHttp2Stream): Promise<WireEnd> {
  let headers: IncomingHttpHeaders = {};
  stream.on('response', (received) => {
    headers = { ...headers, ...received };
  });
  stream.on('trailers', (received) => {
    headers = { ...headers, ...received };
  });
  // After an early answer the stream stays open as long as the client's side is.
  await new Promise<void>((resolve) => {
    stream.on('end', () => headers['grpc-status'] !== undefined && resolve());
    stream.on('close', resolve);
  });
  const status = headers['grpc-status'];
  if (status !== undefined) return { status: Number(status) };
  if (headers[':status'] !== undefined && Number(headers[':status']) !== 200)
    return { http: Number(headers[':status']) };
  return { reset: stream.rstCode ?? 0 };
}
