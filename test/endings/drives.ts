import { once } from 'node:events';
import { constants } from 'node:http2';
import { statusNames } from '../../src/rpc/status.ts';
import { end, frame, type WireEnd } from '../support/raw-client.ts';
import { type CallOptions, messages, type TestCall, type TestClient } from '../support/test-client.ts';
import type { Drive } from './row.ts';
import type { Run } from './run.ts';

/** A small message, as gRPC frames it. */
export const framed: Buffer = frame(messages.small);

/** Starts the call of a row. A client that streams sends one message and leaves its stream open. */
export function start({ method }: Run, client: TestClient, options?: CallOptions): TestCall {
  const call = client.start(method, options);
  if (method === 'ClientStream' || method === 'Bidi') call.send();
  return call;
}

/** The name of the status, or its code where gRPC does not define it. */
function statusName(code: number): string {
  return statusNames[code] ?? `status ${code}`;
}

/** How an HTTP/2 stream ended: the name of the status, the HTTP status, or the code of the reset. */
export async function seen(stream: Parameters<typeof end>[0]): Promise<string> {
  const wire: WireEnd = await end(stream);
  if ('status' in wire) return statusName(wire.status);
  return 'http' in wire ? `HTTP ${wire.http}` : `reset ${wire.reset}`;
}

/** Makes a complete call. */
export const call: Drive = (run) => callWith()(run);

/** Makes a complete call with these options. */
export function callWith(options?: CallOptions): Drive {
  return (run) => {
    const started = start(run, run.client(), options);
    started.halfClose();
    return started.status;
  };
}

/** Of the rows that end with a deadline of the client. */
export const deadlineRace =
  "the client's deadline and the server's: the library takes a reset long before the server's for a cancellation";

/** Makes a call with a deadline, and leaves its stream open. */
export const callUntilDeadline: Drive = async (run) => {
  const client = run.client();
  await client.ready(); // So that the call reaches the server before its deadline.
  return start(run, client, { deadlineSeconds: 0.4 }).status;
};

/** Cancels when the server has the call. */
export const cancelWhenArrived: Drive = async (run) => {
  const started = start(run, run.client());
  await run.arrived();
  started.cancel();
  return started.status;
};

export const cancelAfterFirstMessage: Drive = async (run) => {
  const started = start(run, run.client());
  await started.firstMessage;
  started.cancel();
  return started.status;
};

/** Sends this body as a complete HTTP/2 request. */
export function post(body: Buffer = framed, headers: Record<string, string> = {}): Drive {
  return async (run) => {
    const stream = (await run.raw()).open(run.method, headers);
    stream.end(body);
    return seen(stream);
  };
}

/** Resets the stream when the server has the call. With a body the client has half-closed it before. */
export function resetWhenArrived(body?: Buffer): Drive {
  return async (run) => {
    const stream = (await run.raw()).open(run.method);
    if (body !== undefined) stream.end(body);
    await run.arrived();
    stream.close(constants.NGHTTP2_CANCEL);
    return seen(stream);
  };
}

/** Resets the stream after the first response. */
export const resetAfterFirstMessage: Drive = async (run) => {
  const stream = (await run.raw()).open(run.method);
  const data = once(stream, 'data');
  stream.write(framed);
  await data;
  stream.close(constants.NGHTTP2_CANCEL);
  return seen(stream);
};
