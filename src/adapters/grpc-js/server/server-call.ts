import type { ServerHttp2Stream } from 'node:http2';
import { answeredCall, beginCall, endCall, labelCall, lostStatus, receivedMessage } from '../../../rpc/call.ts';
import type { Call } from '../../../rpc/call-state.ts';
import type { Method } from '../../../rpc/methods/method.ts';
import type { ServerStore } from '../../../rpc/server-store.ts';
import { parseTimeout } from '../../../rpc/timeout.ts';
import { sentStatus } from '../../http2-server.ts';
import { sizeRead } from '../../sizes.ts';
import { GrpcCallStart } from '../grpc-call-start.ts';
import type { InterceptingCall, Listener, Metadata, Status } from '../types.ts';
import type { Dispatch, StreamObserver } from './dispatch.ts';
import { StreamWriter, writeMessage } from './message-writer.ts';

const observer: unique symbol = Symbol('grpc-vitals: the observer of this call');

/** A call that a `ServerCall` has been put in front of. */
export interface ObservedCall extends InterceptingCall {
  [observer]?: ServerCall;
  /** A private member of grpc-js's own call: whom it tells of the end. */
  readonly listener?: Listener | null;
}

/**
 * One call of a grpc-js server, observed: the call towards the handler and the listener towards the wire in one object.
 *
 * The wire is the witness of how a call ended. What grpc-js ends by itself (deadline, message too large or
 * malformed) it sends below every interceptor, and what a handler answers may be too late to be sent. So at the
 * end the status is read from the http2 stream's headers or trailers. Where they have none it is the status that was on its
 * way when the client left, and where there is none the call was cut off.
 * `onCancel` reports the end of every call, successes too (gRFC L112). Seen on 1.10 to 1.14.
 */
export class ServerCall implements Call, InterceptingCall, Listener, StreamObserver {
  // Plain fields: frameworks wrap calls and inherit from them, where #private fields would throw.
  readonly store: ServerStore;
  method: Method;
  /** The metadata object, which the handler's call has too. */
  key: Metadata | undefined = undefined;
  startedAt: number = 0;
  ended: boolean = true;
  isAnswered: boolean = false;
  watch: Call['watch'] = undefined;
  /** Interceptors may use an object that inherits from the call. It is `this` in what they call, but not in what grpc-js calls. */
  readonly self: ServerCall = this;
  /** The call below, nearer the wire. */
  readonly next: ObservedCall;
  readonly previous: StreamObserver | undefined;
  /** Absent on a connection that was injected into a server which has the interceptor only: it is not watched. */
  private readonly stream: ServerHttp2Stream | undefined;
  /** The `grpc-timeout` that the call came with. */
  private readonly timeout: string | string[] | undefined;
  private readonly sendStatusOfNext: InterceptingCall['sendStatus'];
  private listener: Listener | undefined = undefined;
  /** Whether the handler has sent headers of its own. */
  private hasHeaders = false;
  /** The first status that grpc-js took while the stream was open. */
  private accepted: number | undefined = undefined;
  /** Writes the messages of a stream of responses. */
  private writer: StreamWriter | undefined = undefined;

  constructor(store: ServerStore, method: Method, next: ObservedCall, dispatch: Dispatch | undefined) {
    this.store = store;
    this.method = method;
    this.next = next;
    this.previous = dispatch?.observer;
    this.stream = dispatch?.stream;
    this.timeout = dispatch?.headers?.['grpc-timeout'];
    this.sendStatusOfNext = next.sendStatus;
    // grpc-js sends what it decides on itself with `this.sendStatus` of its own call: an own property there sees it.
    next[observer] = this;
    next.sendStatus = observedSendStatus;
    beginCall(this);
  }

  start(listener: Listener): void {
    const call = this.self;
    call.listener = listener;
    this.next.start(call);
  }

  onReceiveMetadata(metadata: Metadata): void {
    const call = this.self;
    call.key = metadata;
    if (call.watch !== undefined) labelCall(call, call.startWith(metadata));
    this.listener!.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    receivedMessage(this, this.method.isMeasured ? sizeRead(message) : undefined);
    this.listener!.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.listener!.onReceiveHalfClose();
  }

  onCancel(): void {
    this.self.over();
    this.listener!.onCancel();
  }

  sendMetadata(metadata: Metadata): void {
    this.self.hasHeaders = true;
    this.next.sendMetadata(metadata);
  }

  sendMessage(message: unknown, callback: () => void): void {
    const call = this.self;
    // Of an answer that is too late grpc-js takes nothing after this.
    if (call.ended) answeredCall(call);
    if (call.method.firstMessages === undefined) writeMessage(call, message, callback);
    else call.write(message, callback);
  }

  sendStatus(answer: Status): void {
    answeredCall(this.self);
    this.next.sendStatus(answer);
  }

  startRead(): void {
    this.next.startRead();
  }

  getDeadline(): Date | number {
    return this.next.getDeadline();
  }

  /** Hands a status to the call below: the handler's, an interceptor's or one that grpc-js decided on itself. */
  sendStatusBelow(answer: Status): void {
    const isFirst = this.accepted === undefined && !(this.stream?.closed || this.stream?.destroyed);
    if (isFirst) this.accepted = answer.code;
    try {
      this.sendStatusOfNext.call(this.next, answer);
    } catch (error) {
      if (isFirst) this.accepted = undefined;
      throw error;
    }
    // Slow path: a call that was refused before it began is never told of its end.
    if (this.key === undefined && isFirst) this.over();
  }

  dispatched(): void {
    // Slow path: an interceptor refused the call, put it off or threw, so that `onCancel` may never come. Or an interceptor
    // nearer the wire stands between, as an object of its own or as a Proxy, and may keep it.
    const { next } = this;
    const isUntold = this.key === undefined || next.listener !== this.self || !Object.hasOwn(next, 'stream');
    if (isUntold && !this.ended) this.stream?.on('close', () => this.over());
  }

  private startWith(metadata: Metadata): GrpcCallStart {
    return new GrpcCallStart('server', this.method, this.next, metadata, () => this.getDeadline());
  }

  private write(message: unknown, callback: () => void): void {
    this.writer ??= new StreamWriter(this);
    this.writer.write(message, callback);
  }

  private over(): void {
    if (this.ended) return;
    const sent = this.stream === undefined ? undefined : sentStatus(this.stream, this.hasHeaders);
    endCall(this, sent ?? this.accepted ?? lostStatus(this, parseTimeout(this.timeout)));
  }
}

function observedSendStatus(this: ObservedCall, answer: Status): void {
  this[observer]!.sendStatusBelow(answer);
}
