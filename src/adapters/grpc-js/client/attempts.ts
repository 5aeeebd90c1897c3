import { endAttempt } from '../../../rpc/call.ts';
import type { ClientStore } from '../../../rpc/client-store.ts';
import type { Method } from '../../../rpc/methods/method.ts';
import { ClientCallStart } from '../call-starts.ts';
import type { Channel, ClientListener, ReceivedMetadata, ReceivedStatus } from '../types.ts';
import { type Attempt, internalsOf } from './internals.ts';

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
  internals.createLoadBalancingCall = function observed(config, path, ...more): Attempt {
    const attempt = create.call(this, config, path, ...more);
    store.faults.guard('call', () => {
      const method = store.method(path);
      if (method === null) return;
      const deadline = more[2] as Date | number; // after host and credentials
      observe(attempt, target === undefined ? method : store.towards(method, target), deadline, store);
    });
    return attempt;
  };
}

function observe(attempt: Attempt, method: Method, deadline: Date | number, store: ClientStore): void {
  const start = attempt.start;
  attempt.start = function observed(metadata, listener): void {
    let labelled = method;
    store.faults.guard('label', () => {
      if (!store.hasVariableLabels) return;
      labelled = store.labelled(method, new ClientCallStart(method, attempt, metadata, deadline));
    });
    start.call(this, metadata, new AttemptListener(store, labelled, listener));
  };
}

/** What is told of one attempt on its way to the call that it is part of. Nothing of ours throws here. */
class AttemptListener implements ClientListener {
  readonly #store: ClientStore;
  readonly method: Method;
  readonly #next: ClientListener;
  startedAt: number = Number.NaN;
  #ended = false;

  constructor(store: ClientStore, method: Method, next: ClientListener) {
    this.#store = store;
    this.method = method;
    this.#next = next;
    store.faults.guard('call', () => {
      this.startedAt = method.clock();
      method.attemptsStarted += 1;
    });
  }

  onReceiveMetadata(metadata: ReceivedMetadata): void {
    this.#next.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#next.onReceiveMessage(message);
  }

  onReceiveStatus(status: ReceivedStatus): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#store.faults.guard('call', () => endAttempt(this, status.code));
    }
    this.#next.onReceiveStatus(status);
  }
}
