import { beginCall, endCall, findClientMethod, labelCall, receivedMessage, sentMessage } from '../../rpc/call.ts';
import { type Call, newCall } from '../../rpc/call-state.ts';
import type { ClientStore } from '../../rpc/client-store.ts';
import { status } from '../../rpc/status.ts';
import { HttpCallStart } from '../http-call-start.ts';
import { observeIterable } from '../observed-iterable.ts';
import { pathOf, typeOf } from './method.ts';
import { readTimeout } from './timeout.ts';
import type { ClientRequest, ClientResponse } from './types.ts';

type Messages = AsyncIterable<unknown>;
type Next = (request: ClientRequest) => Promise<ClientResponse>;

/*
 * An interceptor sees a call as its user does, but for the errors: the transport makes the user's error of what an interceptor throws,
 * and of the reason of the signal, if that has aborted. It does not see bytes. Seen on 2.0 to 2.3.
 */

/** Records every call that passes the interceptor. It belongs first in the list of a transport. */
export function observeCalls(store: ClientStore): (next: Next) => Next {
  const findTarget = targetFinder(store);
  return (next) => async (request) => {
    const path = pathOf(request.method);
    const target = findTarget(request.url.slice(0, -path.length));
    const counted = store.targetOf({ getTarget: () => target });
    const method = findClientMethod(store, path, counted, typeOf(request.method), false);
    if (method === null) return next(request);
    const timeout = readTimeout(request.header);
    const deadline = timeout === undefined ? Infinity : Date.now() + timeout;
    const call = newCall(store, method, () => deadline);
    beginCall(call);
    if (call.watch !== undefined) {
      const headers = Object.fromEntries(request.header);
      labelCall(call, new HttpCallStart('client', method, { headers, target }, () => deadline));
    }
    try {
      return request.stream ? await runStream(call, request, next) : await runUnary(call, request, next);
    } catch (error) {
      endCall(call, codeOf(error, request.signal));
      throw error;
    }
  };
}

/** Names the target of a base URL, as gRPC does. A transport has one. */
function targetFinder(store: ClientStore): (baseUrl: string) => string {
  let known: string | undefined;
  let target = '';
  return (baseUrl) => {
    if (baseUrl !== known) {
      known = baseUrl;
      target = baseUrl; // of a URL that cannot be read; the transport throws for it
      store.faults.guard('connection', () => {
        const { hostname, port, protocol } = new URL(baseUrl);
        target = `dns:${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
      });
    }
    return target;
  };
}

async function runUnary(call: Call, request: ClientRequest, next: Next): Promise<ClientResponse> {
  sentMessage(call);
  const response = await next(request);
  receivedMessage(call);
  endCall(call, status.OK);
  return response;
}

async function runStream(call: Call, request: ClientRequest, next: Next): Promise<ClientResponse> {
  const { signal } = request;
  const failed = (error: unknown) => endCall(call, codeOf(error, signal));
  // A stream that nobody reads to its end ends with its signal.
  signal.addEventListener('abort', () => failed(signal.reason), { once: true });
  const sent = (message: unknown) => message !== undefined && sentMessage(call);
  const response = await next({ ...request, message: observeIterable(request.message as Messages, sent) });
  let received = 0;
  const see = (message: unknown) => {
    if (message === undefined) return endCall(call, endOf(request, received));
    received += 1;
    receivedMessage(call);
  };
  return { ...response, message: observeIterable(response.message as Messages, see, failed) };
}

/** Connect's client turns OK into UNIMPLEMENTED if a stream of requests was not answered by one message, beyond all interceptors. */
function endOf({ method }: ClientRequest, received: number): number {
  return method.methodKind === 'client_streaming' && received !== 1 ? status.UNIMPLEMENTED : status.OK;
}

/** As `ConnectError.from`. An error of Node or the browser has a `code` of another kind. */
function codeOf(error: unknown, { aborted, reason }: AbortSignal): number {
  const { name, code } = Object(aborted ? reason : error) as { readonly name?: unknown; readonly code?: unknown };
  if (name === 'ConnectError' && typeof code === 'number') return code;
  return aborted || name === 'AbortError' || name === 'TimeoutError' ? status.CANCELLED : status.UNKNOWN;
}
