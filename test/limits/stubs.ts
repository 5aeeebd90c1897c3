import type {
  CallProperties,
  Channel,
  ClientListener,
  InterceptingCall,
  Listener,
  OutgoingCall,
} from '../../src/adapters/grpc-js/types.ts';
import type { GrpcMetrics } from '../../src/index.ts';

const message = Buffer.from('message');

/** What a call brings: enough of grpc-js's metadata. */
export type Headers = Readonly<Record<string, string>>;

const metadataOf = (headers: Headers) => ({ get: (key: string) => (headers[key] === undefined ? [] : [headers[key]]) });

/** A call that does what grpc-js's does towards its interceptors, and ends as soon as it is answered. */
class ServerStub implements InterceptingCall {
  readonly #headers: Headers;
  #listener: Listener | undefined;

  constructor(headers: Headers) {
    this.#headers = headers;
  }

  start(listener: Listener): void {
    this.#listener = listener;
    listener.onReceiveMetadata(metadataOf(this.#headers));
  }
  sendMetadata(): void {}
  sendMessage(_message: unknown, callback: () => void): void {
    callback();
  }
  sendStatus(): void {
    this.#listener!.onCancel();
  }
  startRead(): void {
    this.#listener!.onReceiveMessage(message);
  }
  getDeadline(): number {
    return Infinity;
  }
}

const deaf: Listener = {
  onReceiveMetadata: () => {},
  onReceiveMessage: () => {},
  onReceiveHalfClose: () => {},
  onCancel: () => {},
};

/** A unary call to a server with these metrics, from its arrival to its end. */
export function serverCaller(metrics: GrpcMetrics): (path: string, headers: Headers, code: number) => void {
  const interceptor = metrics.serverInterceptor();
  return (path, headers, code) => {
    const call = interceptor(
      { path, requestStream: false, responseStream: false },
      new ServerStub(headers),
    ) as InterceptingCall;
    call.start(deaf);
    call.startRead();
    call.sendMessage(message, () => {});
    call.sendStatus({ code });
  };
}

/** A call that is answered as soon as it is half-closed. */
class ClientStub implements OutgoingCall {
  readonly #code: number;
  #listener: ClientListener | undefined;

  constructor(code: number) {
    this.#code = code;
  }

  start(_metadata: object, listener: ClientListener): void {
    this.#listener = listener;
  }
  sendMessageWithContext(): void {}
  halfClose(): void {
    const metadata = metadataOf({});
    this.#listener!.onReceiveMetadata(metadata);
    if (this.#code === 0) this.#listener!.onReceiveMessage(message);
    this.#listener!.onReceiveStatus({ code: this.#code, metadata });
  }
  startRead(): void {}
  cancelWithStatus(): void {}
  getPeer(): string {
    return 'stub';
  }
  getCallNumber(): number {
    return 0;
  }
  setCredentials(): void {}
}

const mute: ClientListener = { onReceiveMetadata: () => {}, onReceiveMessage: () => {}, onReceiveStatus: () => {} };

/** A unary call of a client with these metrics, over a channel of its own to the target. */
export function clientCaller(
  metrics: GrpcMetrics,
): (path: string, headers: Headers, code: number, target: string) => void {
  const { callInvocationTransformer } = metrics.clientOptions();
  return (path, headers, code, target) => {
    const channel: Channel = {
      createCall: () => new ClientStub(code),
      getTarget: () => target,
      getConnectivityState: () => 2,
      watchConnectivityState: () => {},
    };
    const methodDefinition = { path, requestStream: false, responseStream: false };
    const properties = callInvocationTransformer({ channel, methodDefinition }) as CallProperties;
    const call = properties.channel.createCall(path, Infinity, null, null, null);
    call.start(metadataOf(headers), mute);
    call.sendMessageWithContext({}, message);
    call.halfClose();
  };
}
