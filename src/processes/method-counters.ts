import type { Method } from '../rpc/methods/method.ts';

/** The counters of a method, in the order of their row. New ones come last. */
export const methodCounters: readonly MethodCounter[] = [
  'started',
  'messagesReceived',
  'messagesSent',
  'bytesReceived',
  'bytesSent',
  'abandoned',
  'rejections',
  'attemptsStarted',
];

export type MethodCounter =
  | 'started'
  | 'messagesReceived'
  | 'messagesSent'
  | 'bytesReceived'
  | 'bytesSent'
  | 'abandoned'
  | 'rejections'
  | 'attemptsStarted';

/** A method's counters, in the order of `methodCounters`. */
export function countsOf(method: Method): readonly number[] {
  const { started, messagesReceived, messagesSent, bytesReceived, bytesSent } = method;
  const { abandoned, rejections: rejected, attemptsStarted } = method;
  return [started, messagesReceived, messagesSent, bytesReceived, bytesSent, abandoned, rejected, attemptsStarted];
}
