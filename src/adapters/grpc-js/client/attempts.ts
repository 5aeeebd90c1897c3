import { type Attempt, beginAttempt, endAttempt } from '../../../rpc/attempt.ts';
import type { ClientStore } from '../../../rpc/client-store.ts';
import type { Method } from '../../../rpc/methods/method.ts';
import { GrpcCallStart } from '../grpc-call-start.ts';
import type { Channel, ClientListener, ReceivedMetadata, ReceivedStatus } from '../types.ts';
import { type GrpcAttempt, internalsOf } from './internals.ts';

/**
 * Counts every attempt on a channel, also those of clients that are not observed and share it.
 *
 * grpc-js makes each attempt, be it the first, a retry, a hedge or a transparent retry, with one function of its internal
 * channel, and ends it with one status. Experimental: that function is private. Throws `unsupported_client` where it is missing.
 */
export function watchAttempts(channel: Channel, store: ClientStore): void {
  const internals = internalsOf(channel);
  const target = store.targetOf(channel);
  const create = internals.createLoadBalancingCall;
  internals.createLoadBalancingCall = function observed(config, path, ...more): GrpcAttempt {
    const attempt = create.call(this, config, path, ...more);
    store.faults.guard('call', () => {
      const method = store.methodTo(path, target, undefined);
      const deadline = more[2] as Date | number; // after host and credentials
      if (method !== null) observe(attempt, method, deadline, store);
    });
    return attempt;
  };
}

/** Observes one attempt. `method` is that of its call's target. */
function observe(attempt: GrpcAttempt, method: Method, deadline: Date | number, store: ClientStore): void {
  const start = attempt.start;
  attempt.start = function observed(metadata, listener): void {
    const started = new GrpcCallStart('client', method, attempt, metadata, () => deadline);
    start.call(this, metadata, new AttemptListener(store, method, listener, started));
  };
}

/** What one attempt reports to the call that it is part of. */
class AttemptListener implements ClientListener, Attempt {
  readonly store: ClientStore;
  method: Method;
  startedAt: number = Number.NaN;
  ended = false;
  readonly #next: ClientListener;

  constructor(store: ClientStore, method: Method, next: ClientListener, start: GrpcCallStart) {
    this.store = store;
    this.method = method;
    this.#next = next;
    beginAttempt(this, start);
  }

  onReceiveMetadata(metadata: ReceivedMetadata): void {
    this.#next.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#next.onReceiveMessage(message);
  }

  onReceiveStatus(status: ReceivedStatus): void {
    endAttempt(this, status.code);
    this.#next.onReceiveStatus(status);
  }
}
