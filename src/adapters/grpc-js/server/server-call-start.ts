import { type CallAuthContext, type CallMetadata, type CallStart, deadlineOf } from '../../../rpc/call-start.ts';
import type { Method } from '../../../rpc/methods/method.ts';
import type { MethodType } from '../../../rpc/methods/method-type.ts';
import { GrpcMetadata } from '../grpc-metadata.ts';
import type { HandlerCall, Metadata } from '../types.ts';

/** A server's call as an interceptor or a handler has it. Optional methods came after 1.10, or interceptors leave them out. */
interface StartedCall extends Pick<HandlerCall, 'getDeadline'> {
  getPeer?(): string;
  getAuthContext?(): CallAuthContext;
}

/** A server's call whose metadata has arrived. */
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
    return new GrpcMetadata(this.#metadata);
  }

  get peer(): string | undefined {
    return this.#call.getPeer?.();
  }

  get deadline(): Date | undefined {
    return deadlineOf(this.#call.getDeadline());
  }

  /** grpc-js gives an empty object for a peer that it has not verified. */
  get authContext(): CallAuthContext | undefined {
    const context = this.#call.getAuthContext?.();
    return context?.transportSecurityType === undefined ? undefined : context;
  }
}
