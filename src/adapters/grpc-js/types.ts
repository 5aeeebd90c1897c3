import type { Opaque } from '../opaque.ts';

/**
 * What we use of @grpc/grpc-js, by shape.
 *
 * Not its own types: they are classes with private members, so that the server of one copy or version of grpc-js would
 * not fit where another's is asked for, and a project without grpc-js could not compile against this package.
 */

/** The metadata object of a call; ours only to read. */
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
export type GrpcServerInterceptor = (method: InterceptedMethod, call: Opaque) => Opaque;

/** What a server tells an interceptor of a method. */
export interface InterceptedMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** The object that a handler is called with. */
export interface HandlerCall {
  readonly metadata: Metadata;
  getDeadline(): Date | number;
}

/** A `Server` of any version of grpc-js from 1.10 on. */
export interface GrpcServer {
  bindAsync(port: string, credentials: Opaque, callback: Opaque): void;
  register(name: string, handler: Opaque, serialize: Opaque, deserialize: Opaque, type: string): boolean;
  unregister(name: string): boolean;
  tryShutdown(callback: (error?: Error) => void): void;
  forceShutdown(): void;
}

/** The metadata that a client received. */
export interface ReceivedMetadata {
  get(key: string): readonly (string | Buffer)[];
}

export interface ReceivedStatus extends Status {
  readonly metadata: ReceivedMetadata;
}

/** `InterceptingListener`: what a call tells its client. */
export interface ClientListener {
  onReceiveMetadata(metadata: ReceivedMetadata): void;
  onReceiveMessage(message: unknown): void;
  onReceiveStatus(status: ReceivedStatus): void;
}

/** `Call`: what a client tells its call, messages serialized. Versions of grpc-js have more. */
export interface OutgoingCall {
  cancelWithStatus(code: number, details: string): void;
  getPeer(): string;
  start(metadata: Metadata, listener: ClientListener): void;
  sendMessageWithContext(context: object, message: Buffer): void;
  startRead(): void;
  halfClose(): void;
  getCallNumber(): number;
  setCredentials(credentials: Opaque): void;
}

/** A `Channel`, as far as it is observed. */
export interface Channel {
  createCall(path: string, deadline: Opaque, host: Opaque, parent: Opaque, propagateFlags: Opaque): OutgoingCall;
  getTarget(): string;
  /** The number of a state, in the order of gRPC's specification: IDLE, CONNECTING, READY, TRANSIENT_FAILURE, SHUTDOWN. */
  getConnectivityState(tryToConnect: boolean): number;
  /** Calls back once, when the state is another; throws after `close`. Without a deadline there is no timer. */
  watchConnectivityState(state: number, deadline: number, callback: () => void): void;
}

/** A method as generated code or a `ServiceDefinition` describes it. */
export interface GrpcMethodDefinition {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** A `ServiceDefinition`: what generated code, `loadPackageDefinition(...).pkg.Service.service` and `loadSync(...)` give. */
export type GrpcServiceDefinition = Readonly<Record<string, GrpcMethodDefinition>>;

/** `CallProperties`: what a client has decided on for a call that it is about to make. */
export interface CallProperties {
  channel: Channel;
  readonly methodDefinition: GrpcMethodDefinition;
}

/** The options of a `Client` that say where its calls go. */
export interface ClientOptions {
  readonly channelOverride?: Channel | undefined;
  readonly channelFactoryOverride?: ((address: Opaque, credentials: Opaque, options: Opaque) => Channel) | undefined;
  readonly callInvocationTransformer?: ((properties: CallProperties) => CallProperties) | undefined;
}

/** The user's own options of a `Client`, and that it is observed. */
export type ObservedClientOptions<Options extends object> = Options & {
  readonly callInvocationTransformer: (properties: Opaque) => Opaque;
};

/** A handler as `addService` registers it. */
export type Handler = (this: unknown, call: HandlerCall, callback: unknown) => unknown;

/** The files of grpc-js below `build/src` whose exports are used, without `.js`. */
export type GrpcFileName = 'server' | 'client-interceptors' | 'internal-channel';

/** The exports of these files, as far as they are used. One file has some of them, and that of another package none. */
export interface GrpcFile {
  readonly Server?: { readonly prototype: GrpcServer };
  getInterceptingCall?: (
    interceptors: Opaque,
    method: GrpcMethodDefinition,
    options: Opaque,
    channel: Channel,
    ...more: Opaque[]
  ) => unknown;
  InternalChannel?: new (...args: Opaque[]) => object;
}
