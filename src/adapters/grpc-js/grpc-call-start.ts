import { type CallAuthContext, type CallMetadata, type CallStart, deadlineOf } from '../../rpc/call-start.ts';
import type { Method } from '../../rpc/methods/method.ts';
import type { GrpcMethodType } from '../../rpc/methods/method-type.ts';
import { GrpcMetadata } from './grpc-metadata.ts';
import type { Metadata } from './types.ts';

/** What a call of grpc-js says of itself. Methods are missing in old versions, or where an interceptor leaves them out. */
interface StartedCall {
  getDeadline?(): Date | number;
  getPeer?(): string;
  getAuthContext?(): CallAuthContext;
}

/** A call of grpc-js that begins, on a server or a client. */
export class GrpcCallStart implements CallStart {
  readonly side: 'server' | 'client';
  readonly #method: Method;
  readonly #call: StartedCall;
  readonly #metadata: Metadata;
  readonly #deadline: () => Date | number;

  constructor(
    side: 'server' | 'client',
    method: Method,
    call: StartedCall,
    metadata: Metadata,
    deadline: () => Date | number,
  ) {
    this.side = side;
    this.#method = method;
    this.#call = call;
    this.#metadata = metadata;
    this.#deadline = deadline;
  }

  get path(): string {
    return this.#method.path;
  }

  get type(): GrpcMethodType | undefined {
    return this.#method.type;
  }

  get metadata(): CallMetadata {
    return new GrpcMetadata(this.#metadata);
  }

  /** Of a client's call the target, until it has a connection. */
  get peer(): string | undefined {
    return this.#call.getPeer?.();
  }

  get deadline(): Date | undefined {
    return deadlineOf(this.#deadline());
  }

  /** grpc-js gives an empty object for a peer that it has not verified, and a client's call has no peer yet. */
  get authContext(): CallAuthContext | undefined {
    const context = this.side === 'server' ? this.#call.getAuthContext?.() : undefined;
    return context?.transportSecurityType === undefined ? undefined : context;
  }
}
