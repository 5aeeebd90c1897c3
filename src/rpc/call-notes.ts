import type { CallMetadata } from './call-start.ts';

/** What is noted of one call while it runs, for the listeners and the details of its method. */
export class CallNotes {
  /** How many listeners existed when the call began: later ones are not told of it. 0 where there was none. */
  readonly listeners: number;
  messagesReceived = 0;
  messagesSent = 0;
  bytesReceived = 0;
  bytesSent = 0;
  /** In seconds. */
  timeToFirstMessage: number | undefined = undefined;
  retries = 0;
  metadata: CallMetadata | undefined = undefined;

  constructor(listeners: number = 0) {
    this.listeners = listeners;
  }

  received(bytes: number = 0): void {
    this.messagesReceived += 1;
    this.bytesReceived += bytes;
  }

  sent(bytes: number = 0): void {
    this.messagesSent += 1;
    this.bytesSent += bytes;
  }
}
