import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2';

/** How a unary call goes over the wire. */
export type WireProtocol = 'gRPC' | 'Connect';

/** A `google.protobuf.BytesValue` of 100 bytes, which is its own encoding for methods whose messages are bytes. */
const message = Buffer.concat([Buffer.of(0x0a, 98), Buffer.alloc(98, 'x')]);
const envelope = Buffer.concat([Buffer.of(0, 0, 0, 0, message.length), message]);

const path = '/bench.v1.Bench/Unary';
const wire: Readonly<Record<WireProtocol, { readonly headers: OutgoingHttpHeaders; readonly body: Buffer }>> = {
  gRPC: {
    headers: { ':method': 'POST', ':path': path, 'content-type': 'application/grpc+proto', te: 'trailers' },
    body: envelope,
  },
  Connect: {
    headers: {
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/proto',
      'connect-protocol-version': '1',
    },
    body: message,
  },
};

/** Makes unary calls on one connection. It knows HTTP/2 alone: a client of a framework takes more of the machine than the server. */
export class UnaryClient {
  readonly #session: ClientHttp2Session;
  readonly #protocol: WireProtocol;

  constructor(port: number, protocol: WireProtocol) {
    this.#session = connect(`http://127.0.0.1:${port}`);
    this.#protocol = protocol;
  }

  /** Makes so many calls, some at a time. Rejects if one of them fails. */
  async run(calls: number, concurrency = 10): Promise<void> {
    for (let done = 0; done < calls; done += concurrency) {
      await Promise.all(Array.from({ length: concurrency }, () => this.#call()));
    }
  }

  close(): void {
    this.#session.destroy();
  }

  #call(): Promise<void> {
    const { headers, body } = wire[this.#protocol];
    return new Promise((resolve, reject) => {
      const stream: ClientHttp2Stream = this.#session.request(headers);
      let isOk = false;
      stream.on('response', (answer) => {
        isOk = answer[':status'] === 200 && (this.#protocol === 'Connect' || answer['grpc-status'] === '0');
      });
      stream.on('trailers', (trailers) => {
        isOk = trailers['grpc-status'] === '0';
      });
      stream.on('error', reject);
      stream.on('close', () => (isOk ? resolve() : reject(new Error(`a call over ${this.#protocol} has failed`))));
      stream.resume();
      stream.end(body);
    });
  }
}
