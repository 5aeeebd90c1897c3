import { beginCall, endCall, labelCall, receivedMessage, retriedCall, sentMessage } from '../../../rpc/call.ts';
import type { Call } from '../../../rpc/call-state.ts';
import type { ClientStore } from '../../../rpc/client-store.ts';
import type { Method } from '../../../rpc/methods/method.ts';
import { status } from '../../../rpc/status.ts';
import { GrpcCallStart } from '../grpc-call-start.ts';
import type { ClientListener, Metadata, OutgoingCall, ReceivedMetadata, ReceivedStatus } from '../types.ts';

/** Where grpc-js says how many attempts of a call came before the one that was answered, be they retries or hedges. */
const previousAttempts = 'grpc-previous-rpc-attempts';

/**
 * One call of a grpc-js client, observed: the call towards the client and the listener towards the channel in one object.
 *
 * It stands right on the channel, below every interceptor and below serialization: grpc-js brings each call's end here,
 * once, whoever decided on it, as `onReceiveStatus`. Seen on 1.10 to 1.14.
 */
export class ClientCall implements Call, OutgoingCall, ClientListener {
  readonly store: ClientStore;
  method: Method;
  readonly key: undefined;
  startedAt: number = 0;
  ended: boolean = true;
  isAnswered: boolean = false;
  watch: Call['watch'] = undefined;
  readonly next: OutgoingCall;
  private readonly deadline: Date | number;
  /** Whether the client must have exactly one message: then grpc-js itself turns OK without one into UNIMPLEMENTED. */
  private readonly wantsMessage: boolean;
  private listener: ClientListener | undefined = undefined;
  private hasMessage = false;
  private hasMetadata = false;

  constructor(store: ClientStore, method: Method, next: OutgoingCall, deadline: Date | number, wantsMessage: boolean) {
    this.store = store;
    this.method = method;
    this.next = next;
    this.deadline = deadline;
    this.wantsMessage = wantsMessage;
  }

  start(metadata: Metadata, listener: ClientListener): void {
    this.listener = listener;
    beginCall(this);
    if (this.watch !== undefined) labelCall(this, this.startWith(metadata));
    try {
      this.next.start(metadata, this);
    } catch (error) {
      endCall(this, status.UNKNOWN); // what the client sees is an exception without a status
      throw error;
    }
  }

  sendMessageWithContext(context: object, message: Buffer): void {
    if (!this.ended) sentMessage(this, message.length);
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

  getDeadline(): Date | number {
    return this.deadline;
  }

  onReceiveMetadata(metadata: ReceivedMetadata): void {
    this.hasMetadata = true;
    this.countRetries(metadata);
    this.listener!.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    // Some channels that are not grpc-js's own tell the end of a failed unary call by null first, as its interceptors do.
    if (message !== null) {
      this.hasMessage = true;
      receivedMessage(this, (message as Buffer).length); // not parsed yet
    }
    this.listener!.onReceiveMessage(message);
  }

  onReceiveStatus(received: ReceivedStatus): void {
    if (!this.ended) {
      // Without headers the count is in the trailers.
      if (!this.hasMetadata) this.countRetries(received.metadata);
      const isMissing = received.code === status.OK && this.wantsMessage && !this.hasMessage;
      endCall(this, isMissing ? status.UNIMPLEMENTED : received.code);
    }
    this.listener!.onReceiveStatus(received);
  }

  private startWith(metadata: Metadata): GrpcCallStart {
    return new GrpcCallStart('client', this.method, this.next, metadata, () => this.deadline);
  }

  private countRetries(metadata: ReceivedMetadata): void {
    retriedCall(this, () => metadata.get(previousAttempts)[0]);
  }
}
