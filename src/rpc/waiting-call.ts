import type { CallStart } from './call-start.ts';
import type { Call, Watch } from './call-state.ts';
import { linkCall } from './handler.ts';
import type { CallLabels } from './limits/call-labels.ts';
import type { Method } from './methods/method.ts';

/*
 * A call that waits for its labels: it is in flight under empty ones. It begins, as one of the calls with its labels, when all
 * are known or when it ends.
 */

export const noLateLabels: ReadonlySet<string> = new Set();

/** The metadata is there: the call begins, or it waits on for its late labels. */
export function waitForLabels(call: Call, watch: Watch, start: CallStart): void {
  const { store, key } = call;
  const { lateLabels } = store;
  if (lateLabels === undefined || key === undefined) {
    proceed(call, watch, store.labelled(call.method, start));
    return;
  }
  watch.values = lateLabels.read(start);
  watch.missing = new Set(lateLabels.late);
  linkCall(key, call);
}

/** Sets late labels. The call begins with the last of them. Throws for a call that has begun. */
export function putLateLabels(call: Call, labels: CallLabels, given: Readonly<Record<string, unknown>>): void {
  const { store, watch } = call;
  if (watch?.values === undefined || !watch.isWaiting) {
    throw new Error('labelCall() came too late: the call has ended, or has all its late labels');
  }
  const put = labels.put(watch.values, given);
  watch.missing = new Set([...watch.missing].filter((name) => !put.includes(name)));
  if (watch.missing.size === 0) proceed(call, watch, store.withValues(call.method, watch.values));
}

/** The call begins, as one of `method`. */
export function proceed(call: Call, watch: Watch, method: Method): void {
  const waiting = call.method;
  watch.isWaiting = false;
  call.method = method;
  waiting.waiting -= 1;
  method.started += 1;
  if (method.openStreams !== undefined) method.openStreams.add(call);
  if (method.watcher !== undefined) method.watcher.changed(method);
  if (waiting.watcher !== undefined) waiting.watcher.changed(waiting);
  if (waiting.hasLinks && call.key !== undefined) linkCall(call.key, call);
}

/** The call begins with the labels that are known. */
export function proceedWithout(call: Call, watch: Watch): void {
  const { store, method } = call;
  proceed(call, watch, watch.values === undefined ? method : store.withValues(method, watch.values));
}
