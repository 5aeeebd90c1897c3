import type { Call } from '../../../rpc/call.ts';
import type { CallStore } from '../../../rpc/store.ts';
import type { HandlerCall, Metadata } from '../types.ts';

type Trace = Call['trace'];

/** The trace in which a handler was called, by the metadata object of its call. */
const traces = new WeakMap<Metadata, Trace>();

/**
 * Takes the trace where the handler is called: tracers begin a server's span around the handler, above every interceptor.
 */
export function rememberTrace(call: HandlerCall, { exemplars, faults }: CallStore): void {
  if (exemplars === undefined) return;
  const trace = exemplars.trace();
  if (trace !== undefined) faults.guard('exemplar', () => traces.set(call.metadata, trace));
}

export function traceOf(metadata: Metadata | undefined): Trace {
  return metadata === undefined ? undefined : traces.get(metadata);
}
