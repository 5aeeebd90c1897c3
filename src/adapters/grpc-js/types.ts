/**
 * What we use of @grpc/grpc-js, by shape.
 *
 * Not its own types: they are classes with private members, so that the server of one copy or version of grpc-js would
 * not fit where another's is asked for, and a project without grpc-js could not compile against this package.
 */

/** The metadata object of a call; used as a key only. */
export type Metadata = object;

export interface Status {
  readonly code: number;
}

/** `InterceptingServerListener`: what a call tells its handler. */
export interface Listener {
  onReceiveMetadata(metadata: Metadata): void;
  onReceiveMessage(message: unknown): void;
  onReceiveHalfClose(): void;
  onCancel(): void;
}

/** `ServerInterceptingCallInterface`: what a handler tells its call. Versions of grpc-js have more. */
export interface InterceptingCall {
  start(listener: Listener): void;
  sendMetadata(metadata: Metadata): void;
  sendMessage(message: unknown, callback: () => void): void;
  sendStatus(status: Status): void;
  startRead(): void;
  getDeadline(): Date | number;
}

/** Fits grpc-js's `ServerInterceptor`, which asks for a class where any object with the methods will do. */
// biome-ignore lint/suspicious/noExplicitAny: the type of grpc-js's class differs between its versions and copies
export type ServerInterceptor = (method: { readonly path: string }, call: any) => any;

/** The object that a handler is called with. */
export interface HandlerCall {
  readonly metadata: Metadata;
}

// biome-ignore lint/suspicious/noExplicitAny: grpc-js's four kinds of handlers and their serializers, passed through
type Opaque = any;

/** A `Server` of any version of grpc-js from 1.10 on. */
export interface GrpcServer {
  bindAsync(port: string, credentials: Opaque, callback: Opaque): void;
  register(name: string, handler: Opaque, serialize: Opaque, deserialize: Opaque, type: string): boolean;
  unregister(name: string): boolean;
}
