import { type CallMetadata, type CallStart, deadlineOf } from '../../../rpc/call-start.ts';
import type { Method } from '../../../rpc/methods/method.ts';
import type { MethodType } from '../../../rpc/methods/method-type.ts';
import { GrpcMetadata } from '../grpc-metadata.ts';
import type { Metadata } from '../types.ts';

/** A client's call that is being started. */
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
    return new GrpcMetadata(this.#metadata);
  }

  /** The target, until the call has a connection. */
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
