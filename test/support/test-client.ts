import type { MethodName } from './service.ts';

/** A kind of message. No server can read a malformed one; no client can write an unserializable one. */
export type Message = 'small' | 'large' | 'malformed' | 'unserializable';

/** A protobuf message with one field of bytes, so that frameworks with and without schemas can read it. */
function encode(bytes: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = bytes.length; length.length === 0 || rest > 0; rest >>>= 7)
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
  return Buffer.concat([Buffer.from([0x0a, ...length]), bytes]);
}

export const messages: Readonly<Record<Message, Buffer>> = {
  small: encode(Buffer.from('x')),
  large: encode(Buffer.alloc(1000)),
  // The first byte of a varint that ends too early.
  malformed: Buffer.from([0xff]),
  // The codecs of the tests refuse to write it.
  unserializable: Buffer.from([0xfe]),
};
/** More than the flow control window of an HTTP/2 stream. */
export const megabyte: Buffer = encode(Buffer.alloc(1_000_000));

export interface CallOptions {
  /** Seconds from now. A negative number is a deadline that has passed. */
  readonly deadlineSeconds?: number;
  /** The request of a unary call or a server stream. */
  readonly message?: Message;
  /** Waits for a server that is not there, instead of failing. */
  readonly waitForReady?: boolean;
  /** Calls this path, which is no method of the service. */
  readonly path?: string;
}

/** One call, as an application sees it. */
export interface TestCall {
  /** The name of the status that the application gets. A code that gRPC does not define is UNKNOWN. */
  readonly status: Promise<string>;
  /** Resolves with the first response of a stream. */
  readonly firstMessage: Promise<void>;
  /** The size of each response so far, in bytes. */
  readonly responses: readonly number[];
  /** Sends a message of a stream of requests. */
  send(message?: Message): void;
  /** Ends the stream of requests. */
  halfClose(): void;
  cancel(): void;
}

/** A client of the service `test.v1.Endings` that makes all types of calls. */
export interface TestClient {
  /** Resolves when there is a connection. */
  ready(): Promise<void>;
  /** Starts a call. Throws where the framework does. */
  start(method: MethodName, options?: CallOptions): TestCall;
  close(): void;
}
