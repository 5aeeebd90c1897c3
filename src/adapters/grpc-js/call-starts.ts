import { type CallAuthContext, type CallMetadata, type CallStart, deadlineOf } from '../../rpc/call-start.ts';
import type { Method } from '../../rpc/methods/method.ts';
import type { MethodType } from '../../rpc/methods/method-type.ts';
import type { HandlerCall, Metadata } from './types.ts';

/** A server's call as an interceptor or a handler has it; what is optional came after 1.10, or is left out by interceptors. */
interface StartedCall extends Pick<HandlerCall, 'getDeadline'> {
  getPeer?(): string;
  getAuthContext?(): CallAuthContext;
}

/** A call of a server whose metadata has come. */
export class ServerCallStart implements CallStart {
  readonly #method: Method;
  readonly #call: StartedCall;
  readonly #metadata: Metadata;

  constructor(method: Method, call: StartedCall, metadata: Metadata) {
    this.#method = method;
    this.#call = call;
    this.#metadata = metadata;
  }

  get side(): 'server' {
    return 'server';
  }

  get path(): string {
    return this.#method.path;
  }

  get type(): MethodType | undefined {
    return this.#method.type;
  }

  get metadata(): CallMetadata {
    return this.#metadata as CallMetadata; // grpc-js's own
  }

  get peer(): string | undefined {
    return this.#call.getPeer?.();
  }

  get deadline(): Date | undefined {
    return deadlineOf(this.#call.getDeadline());
  }

  /** grpc-js gives an empty object for whom it has not verified. */
  get authContext(): CallAuthContext | undefined {
    const context = this.#call.getAuthContext?.();
    return context?.transportSecurityType === undefined ? undefined : context;
  }
}

/** A call of a client that is being started. */
export class ClientCallStart implements CallStart {
  readonly #method: Method;
  readonly #call: { getPeer(): string };
  readonly #metadata: Metadata;
  readonly #deadline: Date | number;

  constructor(method: Method, call: { getPeer(): string }, metadata: Metadata, deadline: Date | number) {
    this.#method = method;
    this.#call = call;
    this.#metadata = metadata;
    this.#deadline = deadline;
  }

  get side(): 'client' {
    return 'client';
  }

  get path(): string {
    return this.#method.path;
  }

  get type(): MethodType | undefined {
    return this.#method.type;
  }

  get metadata(): CallMetadata {
    return this.#metadata as CallMetadata; // grpc-js's own
  }

  /** Before a call has a connection grpc-js says its target here. */
  get peer(): string {
    return this.#call.getPeer();
  }

  get deadline(): Date | undefined {
    return deadlineOf(this.#deadline);
  }

  get authContext(): undefined {
    return undefined;
  }
}
