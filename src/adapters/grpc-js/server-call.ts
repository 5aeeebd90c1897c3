import type { ServerHttp2Stream } from 'node:http2';
import { Call } from '../../rpc/call.ts';
import type { Method } from '../../rpc/method.ts';
import { status } from '../../rpc/status.ts';
import type { CallStore } from '../../rpc/store.ts';
import { exceptionOf } from './exceptions.ts';
import type { StreamObserver } from './http2-server.ts';
import type { InterceptingCall, Listener, Metadata, Status } from './types.ts';

/**
 * One call of a grpc-js server, observed: the call towards the handler and the listener towards the wire in one object.
 *
 * The wire is the witness of how a call ended: what grpc-js ends by itself (deadline, message too large or
 * malformed) it sends below every interceptor, and what a handler answers may be too late to be sent. So at the
 * end the status is read from the http2 stream's headers or trailers; if none was sent, the call was cut off.
 * `onCancel` is grpc-js's word for the end of every call, successes too (gRFC L112). Seen on 1.10 to 1.14.
 *
 * Nothing of ours throws here: grpc-js would turn it into a crash or a client that hangs.
 */
export class ServerCall extends Call implements InterceptingCall, Listener, StreamObserver {
  readonly store: CallStore;
  readonly previous: StreamObserver | undefined;
  readonly #next: InterceptingCall;
  readonly #sendStatusBelow: InterceptingCall['sendStatus'];
  /** Absent on a connection that was injected into a server which has the interceptor only: it is not watched. */
  readonly #stream: ServerHttp2Stream | undefined;
  #listener: Listener | undefined;
  #metadata: Metadata | undefined;
  /** The first status that was given, whether or not it can still be sent. */
  #answered: number | undefined;

  constructor(
    method: Method,
    store: CallStore,
    next: InterceptingCall,
    stream: ServerHttp2Stream | undefined,
    previous: StreamObserver | undefined,
  ) {
    super(method, store.clock);
    this.store = store;
    this.#next = next;
    this.#stream = stream;
    this.previous = previous;
    this.#sendStatusBelow = next.sendStatus;
    observeSendStatus(this, next);
  }

  start(listener: Listener): void {
    this.#listener = listener;
    this.#next.start(this);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#metadata = metadata;
    this.#listener!.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    try {
      this.received();
    } catch (error) {
      this.store.faults.count('call', error);
    }
    this.#listener!.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.#listener!.onReceiveHalfClose();
  }

  onCancel(): void {
    this.#over();
    this.#listener!.onCancel();
  }

  sendMetadata(metadata: Metadata): void {
    this.#next.sendMetadata(metadata);
  }

  sendMessage(message: unknown, callback: () => void): void {
    // Messages that do not serialize, are too large or come too late are never written: only the callback tells.
    this.#next.sendMessage(message, () => {
      try {
        this.sent();
      } catch (error) {
        this.store.faults.count('call', error);
      }
      callback();
    });
  }

  sendStatus(answer: Status): void {
    this.#next.sendStatus(answer);
  }

  startRead(): void {
    this.#next.startRead();
  }

  getDeadline(): Date | number {
    return this.#next.getDeadline();
  }

  /** The call below us, for what its version of grpc-js has beyond `InterceptingCall`. */
  get next(): InterceptingCall {
    return this.#next;
  }

  /** Hands a status to the call below: the handler's, an interceptor's or one that grpc-js decided on itself. */
  sendStatusBelow(answer: Status): void {
    this.#answered ??= answer.code;
    this.#sendStatusBelow.call(this.#next, answer);
    // Slow path: a call that was refused before it began is never told of its end.
    if (this.#metadata !== undefined) return;
    const code = this.#sentStatus();
    if (code !== undefined) this.#finish(code);
  }

  dispatched(): void {
    // Slow path: an interceptor refused the call, put it off or threw, so that its `onCancel` may never come.
    if (this.#metadata === undefined && !this.ended) this.#stream?.on('close', () => this.#over());
  }

  #over(): void {
    const sent = this.#sentStatus();
    this.#finish(sent ?? (this.#deadlinePassed() ? status.DEADLINE_EXCEEDED : status.CANCELLED));
  }

  #finish(code: number): void {
    try {
      this.end(code, code === status.OK ? undefined : exceptionOf(this.#metadata, code));
    } catch (error) {
      this.store.faults.count('call', error);
    }
  }

  #sentStatus(): number | undefined {
    if (this.#stream === undefined) return this.#answered;
    const code = this.#stream.sentTrailers?.['grpc-status'] ?? this.#stream.sentHeaders?.['grpc-status'];
    return code === undefined ? undefined : Number(code);
  }

  /** The client's timer and ours race: at the client's, a millisecond early, the call has ended for the same reason. */
  #deadlinePassed(): boolean {
    return Date.now() >= Number(this.#next.getDeadline()) - 1;
  }
}

const observer = Symbol('grpc-vitals: the observer of this call');

interface ObservedCall extends InterceptingCall {
  [observer]?: ServerCall;
}

/** grpc-js sends what it decides on itself with `this.sendStatus` of its own call: an own property there sees it. */
function observeSendStatus(call: ServerCall, base: ObservedCall): void {
  base[observer] = call;
  base.sendStatus = observedSendStatus;
}

function observedSendStatus(this: ObservedCall, answer: Status): void {
  this[observer]!.sendStatusBelow(answer);
}
