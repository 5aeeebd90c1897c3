import type { EventEmitter } from 'node:events';
import type { Writable } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import type { Fault } from './proto.ts';

/** Thrown by a handler: the call ends with this status. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: grpc.status;

  constructor(code: grpc.status, message: string) {
    super(message);
    this.code = code;
  }
}

/*
 * grpc-js takes callbacks and ignores the promise of an async handler: a rejection would leave the call hanging and end
 * the process (unhandledRejection). These four make grpc-js handlers of async functions that return the reply, or throw.
 */

export function unary<Request extends { fault: Fault }, Reply>(
  handle: (call: grpc.ServerUnaryCall<Request, Reply>) => Promise<Reply>,
): grpc.handleUnaryCall<Request, Reply> {
  return (call, callback) => {
    if (call.request.fault === 'BUG') throwBug();
    void answer(callback, handle(call));
  };
}

export function serverStream<Request extends { fault: Fault }, Reply>(
  handle: (call: grpc.ServerWritableStream<Request, Reply>) => Promise<void>,
): grpc.handleServerStreamingCall<Request, Reply> {
  return (call) => {
    if (call.request.fault === 'BUG') throwBug();
    void finish(call, handle(call));
  };
}

export function clientStream<Request, Reply>(
  handle: (call: grpc.ServerReadableStream<Request, Reply>) => Promise<Reply>,
): grpc.handleClientStreamingCall<Request, Reply> {
  return (call, callback) => void answer(callback, handle(call));
}

export function bidi<Request, Reply>(
  handle: (call: grpc.ServerDuplexStream<Request, Reply>) => Promise<void>,
): grpc.handleBidiStreamingCall<Request, Reply> {
  return (call) => void finish(call, handle(call));
}

/** Answers with what the handler returns; it may be too late, then grpc-js drops it. */
async function answer<Reply>(callback: grpc.sendUnaryData<Reply>, handled: Promise<Reply>): Promise<void> {
  try {
    callback(null, await handled);
  } catch (error) {
    callback(toStatus(error));
  }
}

/** Ends the stream when the handler has finished. */
async function finish(stream: Writable, handled: Promise<void>): Promise<void> {
  try {
    await handled;
    stream.end();
  } catch (error) {
    stream.emit('error', toStatus(error));
  }
}

/** Waits `milliseconds`, or less when the call ends before that (cancelled, or its deadline passed). */
export function pause(call: EventEmitter, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      call.off('cancelled', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds).unref();
    // grpc-js emits `cancelled` after every ending.
    call.once('cancelled', done);
  });
}

/** A service must not tell strangers what broke inside it: only what a handler threw on purpose keeps its text. */
function toStatus(error: unknown): StatusError {
  return error instanceof StatusError ? error : new StatusError(grpc.status.INTERNAL, 'internal error');
}

/** The kind of mistake that every handler has once. */
function throwBug(): never {
  throw new TypeError("Cannot read properties of undefined (reading 'price')");
}
