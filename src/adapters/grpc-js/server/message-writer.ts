import { sentMessage } from '../../../rpc/call.ts';
import type { Call } from '../../../rpc/call-state.ts';
import { holdBack, sizeHeldBack, sizeWritten, startWriting } from '../../sizes.ts';
import type { InterceptingCall } from '../types.ts';

/** A call that messages are written to. */
interface WrittenCall extends Call {
  /** The call below, nearer the wire. */
  readonly next: InterceptingCall;
}

/**
 * Hands a message to the call below, and counts it when it has been written.
 *
 * Messages that do not serialize, are too large or come too late are never written: only the callback says so.
 */
export function writeMessage(call: WrittenCall, message: unknown, callback: () => void): void {
  if (call.method.isMeasured) writeMeasured(call, message, callback);
  else {
    call.next.sendMessage(message, () => {
      sentMessage(call);
      callback();
    });
  }
}

function writeMeasured(call: WrittenCall, message: unknown, callback: () => void): void {
  let bytes: number | undefined;
  startWriting();
  try {
    call.next.sendMessage(message, () => {
      sentMessage(call, bytes ?? sizeHeldBack(message));
      callback();
    });
  } finally {
    bytes = sizeWritten();
    if (bytes === undefined) holdBack(message);
  }
}

/**
 * As `writeMessage`, for the messages of a stream: a stream waits until a message has been written before it sends the next
 * one, always with the same callback. So one function serves all of them, and counting a message allocates nothing.
 */
export class StreamWriter {
  readonly #call: WrittenCall;
  #callback: (() => void) | undefined;
  #isWriting = false;
  /** The message under way, where an interceptor nearer the wire holds it back: its size is not known yet. */
  #heldBack: unknown;
  #size: number | undefined;

  constructor(call: WrittenCall) {
    this.#call = call;
  }

  write(message: unknown, callback: () => void): void {
    this.#callback ??= callback;
    // Slow path: an interceptor or a handler that does not wait.
    if (this.#isWriting || callback !== this.#callback) writeMessage(this.#call, message, callback);
    else if (this.#call.method.isMeasured) this.#writeMeasured(message);
    else this.#hand(message);
  }

  #writeMeasured(message: unknown): void {
    this.#heldBack = undefined;
    this.#size = undefined;
    startWriting();
    try {
      this.#hand(message);
    } finally {
      this.#size = sizeWritten();
      if (this.#size === undefined) {
        this.#heldBack = message;
        holdBack(message);
      }
    }
  }

  #hand(message: unknown): void {
    this.#isWriting = true;
    this.#call.next.sendMessage(message, this.#written);
  }

  readonly #written = (): void => {
    this.#isWriting = false;
    sentMessage(this.#call, this.#size ?? sizeHeldBack(this.#heldBack));
    this.#callback!();
  };
}
