import type { Labels } from '../core/snapshot.ts';
import type { CallNotes } from './call-notes.ts';
import type { Method } from './methods/method.ts';
import type { CallStore } from './store.ts';

/**
 * One call while it runs.
 *
 * The adapter's own object is the call, so that a call costs one object. It is data and not a class: inheritance would cost
 * as much again as all the rest of the recording (`bench/interceptor.ts`). The adapter sets `store`, `method` and `key`;
 * `call.ts` owns the other fields, whose first values `newCall` shows.
 */
export interface Call {
  readonly store: CallStore;
  /** The numbers that the call is counted in: from `findMethod`, then those with its labels. */
  method: Method;
  /** By this object `handler.ts` finds the call: any that the adapter has where it observes the handler. */
  key: object | undefined;
  /** Milliseconds of the method's clock. */
  startedAt: number;
  /** True before `beginCall`: a call that did not begin has nothing to end. */
  ended: boolean;
  /** Whether no answer of the handler is awaited any more. */
  isAnswered: boolean;
  /** Undefined where nothing is wanted of the call but its time and its messages: most unary calls. */
  watch: Watch | undefined;
  /** Milliseconds since 1970, or a `Date`; Infinity for none. */
  getDeadline(): Date | number;
}

/** What is noted of a call while it runs. */
export interface Watch {
  /** Whether its labels are still to come: it is in flight, and not yet one of its method's started calls. */
  isWaiting: boolean;
  /** What is known of its labels, where it waits for late ones. */
  values: string[] | undefined;
  /** The late labels that are still to come. */
  missing: ReadonlySet<string>;
  /** Whether the first response was seen. */
  hasResponse: boolean;
  /** The trace that it began in, where exemplars are wanted. */
  readonly trace: Labels | undefined;
  /** For listeners and details. */
  readonly notes: CallNotes | undefined;
}

/** A call as an object of its own, for adapters that have none to spare. */
export function newCall(store: CallStore, method: Method, getDeadline: () => Date | number, key?: object): Call {
  return {
    store,
    method,
    key,
    startedAt: 0,
    ended: true,
    isAnswered: false,
    watch: undefined,
    getDeadline,
  };
}
