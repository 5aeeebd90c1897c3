import { ageOf, type Call, endCall, firstMessage } from '../../../rpc/call.ts';
import type { ClientStore } from '../../../rpc/client-store.ts';
import type { CallNotes } from '../../../rpc/finished-call.ts';
import type { Method } from '../../../rpc/methods/method.ts';
import { status } from '../../../rpc/status.ts';
import { ClientCallStart } from '../call-starts.ts';
import type { ClientListener, Metadata, OutgoingCall, ReceivedMetadata, ReceivedStatus } from '../types.ts';

/** Where grpc-js says how many attempts of a call came before the one that was answered, be they retries or hedges. */
const previousAttempts = 'grpc-previous-rpc-attempts';

/**
 * One call of a grpc-js client, observed: the call towards the client and the listener towards the channel in one object.
 *
 * It stands right on the channel, below every interceptor and below serialization: grpc-js brings each call's end here,
 * once, whoever decided on it, as `onReceiveStatus`. Seen on 1.10 to 1.14.
 *
 * Nothing of ours throws here: grpc-js would turn it into an exception in the user's code or a call that hangs.
 */
export class ClientCall implements Call, OutgoingCall, ClientListener {
  readonly store: ClientStore;
  method: Method;
  startedAt: number = 0;
  /** Before its start there is nothing that could end: interceptors make calls that they never start. */
  ended: boolean = true;
  trace: Call['trace'] = undefined;
  readonly next: OutgoingCall;
  private readonly deadline: Date | number;
  /** Whether the client must have exactly one message: then grpc-js itself turns OK without one into UNIMPLEMENTED. */
  private readonly wantsMessage: boolean;
  private listener: ClientListener | undefined = undefined;
  private hasMessage = false;
  private hasMetadata = false;
  /** For listeners, where there were any when the call began. */
  private notes: CallNotes | undefined = undefined;

  constructor(store: ClientStore, method: Method, next: OutgoingCall, deadline: Date | number, wantsMessage: boolean) {
    this.store = store;
    this.method = method;
    this.next = next;
    this.deadline = deadline;
    this.wantsMessage = wantsMessage;
  }

  start(metadata: Metadata, listener: ClientListener): void {
    this.listener = listener;
    this.notes = this.store.notes(this.method);
    if (this.notes !== undefined) this.notes.metadata = metadata;
    if (this.store.hasVariableLabels) this.label(metadata);
    try {
      this.startedAt = this.method.start();
      this.ended = false;
      if (this.method.openStreams !== undefined) this.method.openStreams.add(this);
      if (this.store.exemplars !== undefined) this.trace = this.store.exemplars.trace();
    } catch (error) {
      this.store.faults.count('call', error);
    }
    try {
      this.next.start(metadata, this);
    } catch (error) {
      this.over(status.UNKNOWN); // What the client sees is an exception without a status.
      throw error;
    }
  }

  sendMessageWithContext(context: object, message: Buffer): void {
    try {
      if (!this.ended) this.method.sent(message.length);
      if (this.notes !== undefined) this.notes.sent(message.length);
    } catch (error) {
      this.store.faults.count('call', error);
    }
    this.next.sendMessageWithContext(context, message);
  }

  halfClose(): void {
    this.next.halfClose();
  }

  startRead(): void {
    this.next.startRead();
  }

  cancelWithStatus(code: number, details: string): void {
    this.next.cancelWithStatus(code, details);
  }

  getPeer(): string {
    return this.next.getPeer();
  }

  getCallNumber(): number {
    return this.next.getCallNumber();
  }

  setCredentials(credentials: unknown): void {
    this.next.setCredentials(credentials);
  }

  onReceiveMetadata(metadata: ReceivedMetadata): void {
    this.hasMetadata = true;
    this.countRetries(metadata);
    this.listener!.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    // Some channels that are not grpc-js's own tell the end of a failed unary call by null first, as its interceptors do.
    if (message !== null) this.received(message);
    this.listener!.onReceiveMessage(message);
  }

  onReceiveStatus(received: ReceivedStatus): void {
    if (!this.ended) {
      // Without headers the count is in the trailers.
      if (!this.hasMetadata) this.countRetries(received.metadata);
      const isMissing = received.code === status.OK && this.wantsMessage && !this.hasMessage;
      this.over(isMissing ? status.UNIMPLEMENTED : received.code);
    }
    this.listener!.onReceiveStatus(received);
  }

  private received(message: unknown): void {
    const { method } = this;
    const isFirst = !this.hasMessage;
    this.hasMessage = true;
    try {
      const { length } = message as Buffer; // not parsed yet
      method.received(length);
      if (this.notes !== undefined) this.noteReceived(length, this.notes);
      if (isFirst && method.firstMessages !== undefined && !this.ended) firstMessage(this, method.firstMessages);
    } catch (error) {
      this.store.faults.count('call', error);
    }
  }

  private noteReceived(bytes: number, notes: CallNotes): void {
    notes.received(bytes);
    notes.timeToFirstMessage ??= ageOf(this) / 1000;
  }

  private label(metadata: Metadata): void {
    const { method, next, deadline } = this;
    try {
      this.method = this.store.labelled(method, new ClientCallStart(method, next, metadata, deadline));
    } catch (error) {
      this.store.faults.count('label', error);
    }
  }

  private countRetries(metadata: ReceivedMetadata): void {
    try {
      const [attempts] = metadata.get(previousAttempts);
      if (attempts === undefined) return;
      const retries = this.method.retried(Number(attempts));
      if (this.notes !== undefined) this.notes.retries = retries;
    } catch (error) {
      this.store.faults.count('call', error);
    }
  }

  private over(code: number): void {
    if (this.ended) return;
    const { method, notes, deadline } = this;
    if (method.openStreams !== undefined) method.openStreams.delete(this);
    try {
      const seconds = endCall(this, code);
      if (notes !== undefined || method.details !== undefined) {
        this.store.ended({ method, code, seconds, notes, deadline });
      }
    } catch (error) {
      this.store.faults.count('call', error);
    }
  }
}
