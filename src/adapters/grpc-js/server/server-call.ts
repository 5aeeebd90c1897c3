import type { ServerHttp2Stream } from 'node:http2';
import { ageOf, type Call, endCall, firstMessage } from '../../../rpc/call.ts';
import { cutOff } from '../../../rpc/cut-off.ts';
import type { CallNotes } from '../../../rpc/finished-call.ts';
import type { Method } from '../../../rpc/methods/method.ts';
import type { ServerStore } from '../../../rpc/server-store.ts';
import { status } from '../../../rpc/status.ts';
import type { StreamObserver } from '../../http2-server.ts';
import { holdBack, sizeHeldBack, sizeRead, sizeWritten, startWriting } from '../../sizes.ts';
import { ServerCallStart } from '../call-starts.ts';
import type { InterceptingCall, Listener, Metadata, Status } from '../types.ts';
import { exceptionOf } from './exceptions.ts';
import { traceOf } from './traces.ts';

const observer: unique symbol = Symbol('grpc-vitals: the observer of this call');

/** A call that a `ServerCall` has been put in front of. */
export interface ObservedCall extends InterceptingCall {
  [observer]?: ServerCall;
}

/**
 * One call of a grpc-js server, observed: the call towards the handler and the listener towards the wire in one object.
 *
 * The wire is the witness of how a call ended: what grpc-js ends by itself (deadline, message too large or
 * malformed) it sends below every interceptor, and what a handler answers may be too late to be sent. So at the
 * end the status is read from the http2 stream's headers or trailers. Where they have none it is the status that was on its
 * way when the client left, and where there is none the call was cut off.
 * `onCancel` is grpc-js's word for the end of every call, successes too (gRFC L112). Seen on 1.10 to 1.14.
 *
 * Nothing of ours throws here: grpc-js would turn it into a crash or a client that hangs.
 */
export class ServerCall implements Call, InterceptingCall, Listener, StreamObserver {
  // Plain fields: frameworks wrap calls and inherit from them, where #private fields would throw.
  readonly store: ServerStore;
  method: Method;
  readonly startedAt: number;
  ended: boolean = false;
  trace: Call['trace'];
  /** Interceptors may use an object that inherits from the call: it is `this` in what they call, but not what grpc-js tells of the end. */
  readonly self: ServerCall = this;
  /** The call below, nearer the wire. */
  readonly next: ObservedCall;
  readonly previous: StreamObserver | undefined;
  /** Absent on a connection that was injected into a server which has the interceptor only: it is not watched. */
  private readonly stream: ServerHttp2Stream | undefined;
  private readonly sendStatusOfNext: InterceptingCall['sendStatus'];
  /** For listeners, where there were any when the call began. */
  private readonly notes: CallNotes | undefined;
  private listener: Listener | undefined = undefined;
  private metadata: Metadata | undefined = undefined;
  /** Whether its labels are still to come, so that it is not yet one of its method's calls. */
  private isWaiting: boolean;
  /** Whether no answer of the handler is awaited: it has come, or grpc-js has refused the call, or it was too late. */
  private isAnswered = false;
  /** The first status that grpc-js took while the stream was open. */
  private accepted: number | undefined = undefined;
  private hasWritten = false;

  constructor(
    store: ServerStore,
    method: Method,
    next: ObservedCall,
    stream: ServerHttp2Stream | undefined,
    previous: StreamObserver | undefined,
  ) {
    this.store = store;
    this.method = method;
    this.isWaiting = store.hasVariableLabels;
    this.startedAt = this.isWaiting ? method.wait() : method.start();
    this.trace = store.exemplars === undefined ? undefined : store.exemplars.trace();
    this.notes = store.notes(method);
    if (method.openStreams !== undefined && !this.isWaiting) method.openStreams.add(this);
    this.next = next;
    this.previous = previous;
    this.stream = stream;
    this.sendStatusOfNext = next.sendStatus;
    // grpc-js sends what it decides on itself with `this.sendStatus` of its own call: an own property there sees it.
    next[observer] = this;
    next.sendStatus = observedSendStatus;
  }

  start(listener: Listener): void {
    const call = this.self;
    call.listener = listener;
    this.next.start(call);
  }

  onReceiveMetadata(metadata: Metadata): void {
    const call = this.self;
    call.metadata = metadata;
    if (call.notes !== undefined) call.notes.metadata = metadata;
    if (call.isWaiting) call.proceed(metadata);
    this.listener!.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    try {
      const bytes = this.method.isMeasured ? sizeRead(message) : undefined;
      this.method.received(bytes);
      if (this.notes !== undefined) this.notes.received(bytes);
    } catch (error) {
      this.store.faults.count('call', error);
    }
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
    this.next.sendMetadata(metadata);
  }

  sendMessage(message: unknown, callback: () => void): void {
    // Of an answer that is too late grpc-js takes nothing after this.
    if (this.ended && !this.isAnswered) this.abandoned();
    let bytes: number | undefined;
    let held: unknown;
    // Messages that do not serialize, are too large or come too late are never written: only the callback tells.
    const written = () => {
      this.written(bytes ?? sizeHeldBack(held));
      callback();
    };
    startWriting();
    try {
      this.next.sendMessage(message, written);
    } finally {
      bytes = sizeWritten();
      if (bytes === undefined && this.method.isMeasured) {
        // Slow path: an interceptor nearer the wire holds it back.
        held = message;
        holdBack(message);
      }
    }
  }

  sendStatus(answer: Status): void {
    if (this.ended && !this.isAnswered) this.abandoned();
    this.isAnswered = true;
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
    if (this.metadata === undefined && isFirst) this.over();
  }

  dispatched(): void {
    // Slow path: an interceptor refused the call, put it off or threw, so that its `onCancel` may never come.
    if (this.metadata === undefined && !this.ended) this.stream?.on('close', () => this.over());
  }

  private written(bytes: number | undefined): void {
    const { method } = this;
    try {
      method.sent(bytes);
      if (this.notes !== undefined) this.noteSent(bytes, this.notes);
      if (method.firstMessages === undefined || this.hasWritten) return;
      this.hasWritten = true;
      firstMessage(this, method.firstMessages);
    } catch (error) {
      this.store.faults.count('call', error);
    }
  }

  private noteSent(bytes: number | undefined, notes: CallNotes): void {
    notes.sent(bytes);
    notes.timeToFirstMessage ??= ageOf(this) / 1000;
  }

  /** What has no metadata, since it ended before, has no labels. */
  private proceed(metadata?: Metadata): void {
    const waiting = this.method;
    this.isWaiting = false;
    try {
      if (metadata !== undefined) {
        this.method = this.store.labelled(waiting, new ServerCallStart(waiting, this.next, metadata));
        if (waiting.byMetadata !== undefined) waiting.byMetadata.set(metadata, this.method);
      }
    } catch (error) {
      this.store.faults.count('label', error);
    }
    waiting.proceed(this.method);
    if (waiting.openStreams !== undefined) this.method.openStreams?.add(this);
  }

  private abandoned(): void {
    this.isAnswered = true;
    this.method.abandoned += 1;
  }

  private over(): void {
    if (this.ended) return;
    if (this.isWaiting) this.proceed();
    const { openStreams } = this.method;
    if (openStreams !== undefined) openStreams.delete(this);
    try {
      const code = this.sentStatus() ?? this.accepted ?? this.cutOffStatus();
      if (this.store.exemplars !== undefined) this.trace = traceOf(this.metadata) ?? this.trace;
      if (code !== status.CANCELLED && code !== status.DEADLINE_EXCEEDED) this.isAnswered = true;
      const errorType = code === status.OK ? undefined : exceptionOf(this.metadata, code);
      const seconds = endCall(this, code, errorType);
      if (this.notes !== undefined || this.method.details !== undefined) this.tell(code, seconds, errorType);
    } catch (error) {
      this.store.faults.count('call', error);
    }
  }

  private tell(code: number, seconds: number, errorType: string | undefined): void {
    const { method, notes } = this;
    this.store.ended({ method, code, seconds, errorType, notes, deadline: this.getDeadline() });
  }

  private cutOffStatus(): number {
    try {
      return cutOff(Number(this.getDeadline()) - Date.now(), ageOf(this));
    } catch (error) {
      this.store.faults.count('call', error);
      return status.CANCELLED;
    }
  }

  private sentStatus(): number | undefined {
    const code = this.stream?.sentTrailers?.['grpc-status'] ?? this.stream?.sentHeaders?.['grpc-status'];
    return code === undefined ? undefined : Number(code);
  }
}

function observedSendStatus(this: ObservedCall, answer: Status): void {
  this[observer]!.sendStatusBelow(answer);
}
