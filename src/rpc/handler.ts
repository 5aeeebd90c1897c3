import { printable } from '../core/printable.ts';
import type { Labels } from '../core/snapshot.ts';
import type { CallStart } from './call-start.ts';
import type { Call } from './call-state.ts';
import type { Method } from './methods/method.ts';
import { status } from './status.ts';
import type { CallStore } from './store.ts';

/**
 * What is known of a handler, and not of its call: frameworks call it with other objects than an interceptor sees.
 *
 * Both have one object in common, which the adapter chooses: the call's `key`. Nothing here is written for a call that ends
 * well, unless exemplars or labels ask for it.
 */
const exceptions = new WeakMap<object, string>();
const traces = new WeakMap<object, Labels>();
/** For each store: several may record the same call. */
const calls = new WeakMap<CallStore, WeakMap<object, Call>>();

/** Statuses of calls whose handler may have thrown: UNKNOWN and INTERNAL say so, a rejection is ended by the other two. */
const exceptional: readonly number[] = [status.UNKNOWN, status.INTERNAL, status.CANCELLED, status.DEADLINE_EXCEEDED];

/** Notes the trace in which a handler is called: tracers begin a server's span around the handler, above interceptors. */
export function handlerBegins(store: CallStore, key: object): void {
  if (store.exemplars === undefined) return;
  const trace = store.exemplars.trace();
  if (trace !== undefined) store.faults.guard('exemplar', () => traces.set(key, trace));
}

/**
 * Notes the class of what a handler threw or rejected with. Never throws, whatever the exception does.
 *
 * `statusErrors` are the names of the framework's errors that carry a status: their class says nothing that the status does not,
 * and is not noted.
 */
export function handlerThrew(key: object, error: unknown, statusErrors: readonly string[] = []): void {
  try {
    if (!(error instanceof Error) || statusErrors.includes(error.name)) return;
    const { name }: { name: unknown } = error.constructor;
    if (typeof name === 'string' && name !== '') exceptions.set(key, name);
  } catch {
    // An exception that hides its class is counted by its status.
  }
}

/**
 * Counts an async handler that rejected: now and not at the end of the call, which the framework may leave open for ever.
 *
 * `start` reads the call's labels where the call is not known by its key: an interceptor gave the handler another object.
 */
export function handlerRejected(
  store: CallStore,
  path: string,
  key: object,
  start: (method: Method) => CallStart,
): void {
  store.faults.guard('call', () => {
    const method = store.method(path);
    if (method === null) return;
    const known =
      linkOf(store, key)?.method ?? (store.hasVariableLabels ? store.labelled(method, start(method)) : method);
    known.rejections += 1;
    known.watcher?.changed(known);
  });
}

/** Asks for calls of the method to be found by their keys, where they have labels. */
export function wantLinks(store: CallStore, path: string): void {
  if (!store.hasVariableLabels) return;
  store.faults.guard('call', () => {
    const method = store.method(path);
    if (method !== null) method.hasLinks = true;
  });
}

/** Lets the call be found by its key. */
export function linkCall(key: object, call: Call): void {
  let links = calls.get(call.store);
  if (links === undefined) {
    links = new WeakMap();
    calls.set(call.store, links);
  }
  links.set(key, call);
}

/** Lets the call of a key be found by another object too: the one of the call that the framework's handlers have. For late labels. */
export function aliasCall(store: CallStore, key: object, alias: object): void {
  if (store.lateLabels === undefined) return;
  const call = linkOf(store, key);
  if (call !== undefined) linkCall(alias, call);
}

function linkOf(store: CallStore, key: object): Call | undefined {
  return calls.get(store)?.get(key);
}

/**
 * The call of this key, or of the `metadata` or `key` of what was given: a handler's call has the one, the call of an adapter the
 * other. Undefined where none is known. Throws for what cannot be a call.
 */
export function linkedCall(store: CallStore, given: unknown): Call | undefined {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`labelCall() needs the handler's call or its metadata, not ${printable(given)}`);
  }
  const { metadata, key } = given as { metadata?: unknown; key?: unknown }; // an object may be asked for any member
  for (const candidate of [given, metadata, key]) {
    if (typeof candidate !== 'object' || candidate === null) continue;
    const call = linkOf(store, candidate);
    if (call !== undefined) return call;
  }
  return undefined;
}

/** The class of the exception that led to this end; undefined where none is known. */
export function exceptionOf(key: object | undefined, code: number): string | undefined {
  return key !== undefined && exceptional.includes(code) ? exceptions.get(key) : undefined;
}

/** The trace that the handler was called in. */
export function traceOf(key: object | undefined): Labels | undefined {
  return key === undefined ? undefined : traces.get(key);
}
