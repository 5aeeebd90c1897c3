import { isAmount } from '../core/drop.ts';
import type { CallStart } from './call-start.ts';
import { type Call, newCall, type Watch } from './call-state.ts';
import type { ClientStore } from './client-store.ts';
import { cutOff } from './cut-off.ts';
import { exceptionOf, linkedCall, traceOf } from './handler.ts';
import type { Method } from './methods/method.ts';
import { type GrpcMethodType, streamsResponses } from './methods/method-type.ts';
import type { ServerStore } from './server-store.ts';
import { definedCode, status } from './status.ts';
import type { CallStore } from './store.ts';
import { noLateLabels, proceed, proceedWithout, putLateLabels, waitForLabels } from './waiting-call.ts';

/*
 * The port: everything that an adapter calls while a call runs, in this order. `call-state.ts` has the call itself.
 *
 * None of these functions throws. What goes wrong inside is counted in the faults of the store, and the call goes on.
 */

/** The numbers of a method; null where its calls are not recorded, which is then counted. */
export function findMethod(store: CallStore, path: string): Method | null {
  try {
    const method = store.method(path);
    if (method === null) store.excluded += 1;
    return method;
  } catch (error) {
    store.faults.count('call', error);
    return null;
  }
}

/**
 * As `findMethod`, of a client's calls to a target, which `targetOf` of the store gave. Declares the type where none is known.
 * `isMeasured` says whether the adapter knows the sizes of messages.
 */
export function findClientMethod(
  store: ClientStore,
  path: string,
  target: string | undefined,
  type: GrpcMethodType | undefined,
  isMeasured = true,
): Method | null {
  try {
    const method = store.methodTo(path, target, type);
    if (method === null) store.excluded += 1;
    else if (!isMeasured) method.isMeasured = false;
    return method;
  } catch (error) {
    store.faults.count('call', error);
    return null;
  }
}

/** A service has this method: gives it its series before the first call. */
export function declareMethod(store: CallStore, path: string, type: GrpcMethodType | undefined): void {
  store.faults.guard('call', () => store.declare(path, type));
}

/** From now on the adapter knows the size of each message of the method, and passes it to `receivedMessage` and `sentMessage`. */
export function measureMethod(store: CallStore, path: string): void {
  store.faults.guard('call', () => {
    const method = store.method(path);
    if (method !== null) method.isMeasured = true;
  });
}

/** The call's headers have arrived at the server, or the client has started it. */
export function beginCall(call: Call): void {
  const { store, method } = call;
  try {
    call.startedAt = method.clock();
    if (store.isPlain && method.isPlain) method.started += 1;
    else call.watch = beginWatched(call);
    call.ended = false;
    if (method.watcher !== undefined) method.watcher.changed(method);
  } catch (error) {
    failed(call, error);
  }
}

/** The metadata of a call that is watched is known: reads the user's labels, where there are any. Once, after `beginCall`. */
export function labelCall(call: Call, start: CallStart): void {
  const { store, method, watch } = call;
  try {
    if (watch?.notes !== undefined) watch.notes.metadata = start.metadata;
    if (watch?.isWaiting === true) waitForLabels(call, watch, start);
  } catch (error) {
    store.faults.count('label', error);
    if (watch?.isWaiting === true) proceed(call, watch, method);
  }
}

/** Sets late labels of a call that is found by `key`. The call begins with the last of them. */
export function labelLate(store: CallStore, key: unknown, given: Readonly<Record<string, unknown>>): void {
  try {
    const call = linkedCall(store, key);
    const { lateLabels } = store;
    if (lateLabels === undefined) throw new TypeError('labelCall() needs a label that is declared { late: true }');
    if (call !== undefined) putLateLabels(call, lateLabels, given); // else it is not recorded
  } catch (error) {
    store.faults.count('label', error);
  }
}

/** A message has arrived and could be read; `bytes` is undefined where the size is not known or counted elsewhere. */
export function receivedMessage(call: Call, bytes?: number): void {
  const { method } = call;
  try {
    method.received(bytes);
    if (method.watcher !== undefined) method.watcher.changed(method);
    if (call.watch !== undefined) noteReceived(call, call.watch, bytes);
  } catch (error) {
    failed(call, error);
  }
}

/** A message was sent: by a server when it was written to the connection, by a client when the call took it. */
export function sentMessage(call: Call, bytes?: number): void {
  const { method } = call;
  try {
    method.sent(bytes);
    if (method.watcher !== undefined) method.watcher.changed(method);
    if (call.watch !== undefined) noteSent(call, call.watch, bytes);
  } catch (error) {
    failed(call, error);
  }
}

/**
 * The handler has answered, a message or a status. Counts an answer that nobody waits for any more. Not for what a framework
 * answers by itself because the call is over.
 */
export function answeredCall(call: Call): void {
  if (call.isAnswered) return;
  call.isAnswered = true;
  if (call.ended) answeredLate(call.method);
}

/** A client's call was retried; `times` reads how often, and undefined is never. */
export function retriedCall(call: Call, times: () => string | Buffer | undefined): void {
  try {
    const said = times();
    if (said === undefined) return;
    const { method } = call;
    const retries = method.retried(Number(said));
    if (method.watcher !== undefined) method.watcher.changed(method);
    if (call.watch?.notes !== undefined) call.watch.notes.retries = retries;
  } catch (error) {
    call.store.faults.count('call', error);
  }
}

/** The call is over. The first end counts, further ones change nothing. */
export function endCall(call: Call, code: number): void {
  if (call.ended) return;
  call.ended = true;
  const seconds = secondsOf(call);
  try {
    if (code === status.OK && call.watch === undefined) {
      call.isAnswered = true;
      call.method.finish(code, seconds);
    } else endWatched(call, code, seconds);
    const { method } = call;
    if (method.watcher !== undefined) method.watcher.changed(method);
  } catch (error) {
    failed(call, error);
  }
}

/** A call that was over before it could be observed. */
export function failedCall(store: CallStore, method: Method, code: number, deadline: Date | number = Infinity): void {
  const call = newCall(store, method, () => deadline);
  beginCall(call);
  endCall(call, code);
}

/** A server has answered a call to a method that it does not have. */
export function unknownCall(store: ServerStore, code: number): void {
  store.faults.guard('call', () => failedCall(store, store.unknown, code));
}

/**
 * The peer has left before the call was answered: the status that this means, by what is left of the deadline.
 *
 * `timeout` is what the client gave the call, in milliseconds, where it is known: a deadline is by the clock of the wall, which may
 * have been set meanwhile.
 */
export function lostStatus(call: Call, timeout?: number): number {
  try {
    const age = call.method.clock() - call.startedAt;
    return cutOff(timeout === undefined ? Number(call.getDeadline()) - Date.now() : timeout - age, age);
  } catch (error) {
    call.store.faults.count('call', error);
    return status.CANCELLED;
  }
}

/** It was no call after all: takes its start back. Before any message. */
export function forgetCall(call: Call): void {
  if (call.ended) return;
  call.ended = true;
  const { method } = call;
  if (call.watch?.isWaiting === true) method.waiting -= 1;
  else method.started -= 1;
  if (method.openStreams !== undefined) method.openStreams.delete(call);
  if (method.watcher !== undefined) method.watcher.changed(method);
}

/** Slow path: more of the call is wanted than its time. */
function beginWatched(call: Call): Watch {
  const { store, method } = call;
  const isWaiting = store.hasVariableLabels;
  const trace = store.exemplars === undefined ? undefined : store.exemplars.trace();
  const notes = store.notes(method);
  const watch = { isWaiting, values: undefined, missing: noLateLabels, hasResponse: false, trace, notes };
  if (isWaiting) method.waiting += 1;
  else method.started += 1;
  if (!isWaiting && method.openStreams !== undefined) method.openStreams.add(call);
  return watch;
}

/** Slow path: the call did not end OK, or has more to be recorded of it. */
function endWatched(call: Call, code: number, seconds: number): void {
  const { watch } = call;
  if (watch?.isWaiting === true) proceedWithout(call, watch); // it ended before its labels came
  const { store, method, key } = call;
  if (method.openStreams !== undefined) method.openStreams.delete(call);
  if (code !== status.CANCELLED && code !== status.DEADLINE_EXCEEDED) call.isAnswered = true;
  const errorType = code === status.OK ? undefined : exceptionOf(key, definedCode(code));
  const trace = store.exemplars === undefined ? undefined : (traceOf(key) ?? watch?.trace);
  method.finish(code, seconds, errorType, trace);
  const notes = watch?.notes;
  if (notes === undefined && method.details === undefined) return;
  store.ended({ method, code, seconds, errorType, notes, deadline: call.getDeadline() });
}

/** Whatever the clock says or does, a call that has ended gets a duration and is not in flight. */
function secondsOf(call: Call): number {
  try {
    const seconds = (call.method.clock() - call.startedAt) / 1000;
    return isAmount(seconds) ? seconds : 0;
  } catch (error) {
    failed(call, error);
    return 0;
  }
}

/** Slow path: a number of the call is missing. */
function failed({ store }: Call, error: unknown): void {
  store.faults.count('call', error);
}

/** Slow path: nobody waits for the answer any more. */
function answeredLate(method: Method): void {
  if (!awaitsOneAnswer(method)) return;
  method.abandoned += 1;
  if (method.watcher !== undefined) method.watcher.changed(method);
}

function noteReceived(call: Call, watch: Watch, bytes: number | undefined): void {
  if (call.store.side === 'client') noteResponse(call, watch);
  if (watch.notes !== undefined) watch.notes.received(bytes);
}

function noteSent(call: Call, watch: Watch, bytes: number | undefined): void {
  if (call.store.side === 'server') noteResponse(call, watch);
  if (watch.notes !== undefined) watch.notes.sent(bytes);
}

function noteResponse(call: Call, watch: Watch): void {
  if (watch.hasResponse || call.ended) return;
  watch.hasResponse = true;
  const seconds = secondsOf(call);
  if (watch.notes !== undefined) watch.notes.timeToFirstMessage = seconds;
  call.method.firstMessages?.observe(seconds);
}

/** Of a stream of responses the handler is not told that the client has left: its further messages say nothing of it. */
function awaitsOneAnswer({ type }: Method): boolean {
  return type !== undefined && !streamsResponses(type);
}
