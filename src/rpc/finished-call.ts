import type { Labels } from '../core/snapshot.ts';
import { CallNotes } from './call-notes.ts';
import { type CallMetadata, deadlineOf } from './call-start.ts';
import type { Method } from './methods/method.ts';
import type { GrpcMethodType } from './methods/method-type.ts';
import { definedCode, type GrpcStatusName, status, statusNames } from './status.ts';

/** One call that has ended, as it was recorded. */
export interface FinishedCall {
  readonly side: 'server' | 'client';
  /** `/pkg.Service/Method`; `unknown` for what the server does not have, `other` beyond the limit of methods. */
  readonly path: string;
  /** `pkg.Service`; where the path is none, the path. */
  readonly service: string;
  /** `Method`; where the path is none, the path. */
  readonly method: string;
  /** Known where a definition of the method was seen. */
  readonly type: GrpcMethodType | undefined;
  readonly status: GrpcStatusName;
  /** The number of `status`. */
  readonly code: number;
  /** The exception's class where a handler threw or rejected and it is known, else the status; undefined for OK. */
  readonly errorType: string | undefined;
  /** In seconds. */
  readonly duration: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  /** Serialized, before compression; undefined on a server that has the interceptor only. */
  readonly bytesReceived: number | undefined;
  readonly bytesSent: number | undefined;
  /** Seconds to the first response: sent by a server, received by a client; undefined where there was none. */
  readonly timeToFirstMessage: number | undefined;
  /** Attempts beyond the first, of a client's call. */
  readonly retries: number;
  readonly deadline: Date | undefined;
  /** Seconds that were left at the end, negative where it had passed; undefined where there was no deadline. */
  readonly deadlineLeft: number | undefined;
  /** Yours, with the values that they have in the metrics. */
  readonly labels: Labels;
  /** Of the request, where the listener asked for it and the call got so far. */
  readonly metadata?: CallMetadata | undefined;
}

/** A call that has ended now. */
export interface EndedCall {
  readonly method: Method;
  readonly code: number;
  readonly seconds: number;
  readonly errorType?: string | undefined;
  readonly notes?: CallNotes | undefined;
  /** Infinity for none. */
  readonly deadline: Date | number;
}

/** Must be called when the call has ended: what is left of its deadline is up to now. */
export function finishedCall(side: FinishedCall['side'], ended: EndedCall): FinishedCall {
  const { method, notes = new CallNotes() } = ended;
  const { messagesReceived, messagesSent, timeToFirstMessage, retries } = notes;
  const code = definedCode(ended.code);
  const name = statusNames[code]!; // it is defined
  const deadline = deadlineOf(ended.deadline);
  return {
    side,
    path: method.path,
    ...split(method.path),
    type: method.type,
    status: name,
    code,
    errorType: code === status.OK ? undefined : (ended.errorType ?? name),
    duration: ended.seconds,
    messagesReceived,
    messagesSent,
    bytesReceived: method.isMeasured ? notes.bytesReceived : undefined,
    bytesSent: method.isMeasured ? notes.bytesSent : undefined,
    timeToFirstMessage,
    retries,
    deadline,
    deadlineLeft: deadline && (deadline.getTime() - Date.now()) / 1000,
    labels: method.labels,
  };
}

function split(path: string): { service: string; method: string } {
  const slash = path.lastIndexOf('/');
  return path.startsWith('/') && slash > 0
    ? { service: path.slice(1, slash), method: path.slice(slash + 1) }
    : { service: path, method: path };
}
