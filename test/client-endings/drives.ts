import type { CallOptions, TestCall } from '../support/test-client.ts';
import type { Drive } from './row.ts';
import type { ClientRun } from './run.ts';

/** Starts the call of a row. A client that streams sends one message and leaves its stream open. */
export function start(run: ClientRun, options?: CallOptions): TestCall {
  const call = run.application.start(run.method, options);
  if (run.method === 'ClientStream' || run.method === 'Bidi') call.send();
  return call;
}

/** Makes a complete call. */
export const call: Drive = (run) => callWith()(run);

/** Makes a complete call with these options. */
export function callWith(options?: CallOptions): Drive {
  return (run) => {
    const started = start(run, options);
    started.halfClose();
    return started.status;
  };
}

/** Starts a call with these options, and leaves its stream open. */
export function callOpen(options?: CallOptions): Drive {
  return (run) => start(run, options).status;
}

/** Makes a call with a deadline of 0.1 seconds on an open connection, and leaves its stream open. */
export const callUntilDeadline: Drive = async (run) => {
  await run.application.ready();
  return start(run, { deadlineSeconds: 0.1 }).status;
};

/** Cancels when the call has reached the server. */
export const cancelWhenArrived: Drive = async (run) => {
  const started = start(run);
  await run.arrived();
  started.cancel();
  return started.status;
};

export const cancelAfterFirstMessage: Drive = async (run) => {
  const started = start(run);
  await started.firstMessage;
  started.cancel();
  return started.status;
};
