import { isAmount } from '../core/drop.ts';
import type { CallStart } from './call-start.ts';
import type { ClientStore } from './client-store.ts';
import type { Method } from './methods/method.ts';

/** One of a client's attempts at a call: the first try, a retry or a hedge. The adapter's own object is the attempt. */
export interface Attempt {
  readonly store: ClientStore;
  method: Method;
  /** Milliseconds of the method's clock; not a number where it could not be read. */
  startedAt: number;
  ended: boolean;
}

/** The attempt is being made. `start` is for the user's labels. Never throws. */
export function beginAttempt(attempt: Attempt, start: CallStart): void {
  const { store } = attempt;
  if (store.hasVariableLabels) {
    store.faults.guard('label', () => {
      attempt.method = store.labelled(attempt.method, start);
    });
  }
  store.faults.guard('call', () => {
    attempt.startedAt = attempt.method.clock();
    attempt.method.attemptsStarted += 1;
    attempt.method.watcher?.changed(attempt.method);
  });
}

/** The attempt is over. The first end counts. Never throws. */
export function endAttempt(attempt: Attempt, code: number): void {
  if (attempt.ended) return;
  attempt.ended = true;
  const { store, method, startedAt } = attempt;
  let seconds = 0;
  store.faults.guard('call', () => {
    seconds = (method.clock() - startedAt) / 1000;
  });
  store.faults.guard('call', () => {
    method.attempted(code, isAmount(seconds) ? seconds : 0);
    method.watcher?.changed(method);
  });
}
