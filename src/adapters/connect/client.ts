import type { Interceptor } from '@connectrpc/connect';
import { endCall, findClientMethod, receivedMessage, sentMessage } from '../../rpc/call.ts';
import type { ClientStore } from '../../rpc/client-store.ts';
import { status } from '../../rpc/status.ts';
import { beginHttpCall } from '../http-call.ts';
import { observeIterable } from '../observed-iterable.ts';
import { pathOf, typeOf } from './method.ts';
import { protocolOf } from './protocols.ts';

/**
 * Records every call that passes the interceptor. It belongs first in the list of a transport.
 *
 * An interceptor sees a call as its user does, but for the errors: the transport makes the user's error of what an interceptor throws,
 * and of the reason of the signal, if that has aborted. It does not see bytes. Seen on 2.0 to 2.3.
 */
export function observeCalls(store: ClientStore): Interceptor {
  return (next) => async (request) => {
    const { header, method: called, signal } = request;
    const target = () => targetOf(request.url);
    const method = findClientMethod(
      store,
      pathOf(called),
      store.targetOf({ getTarget: target }),
      typeOf(called),
      false,
    );
    if (method === null) return next(request);
    const description = {
      get headers() {
        return Object.fromEntries(header);
      },
      get target() {
        return target();
      },
    };
    const deadline = Date.now() + (protocolOf(header).readTimeout(header) ?? Infinity);
    const call = beginHttpCall(store, method, description, deadline);
    const failed = (error: unknown) => endCall(call, codeOf(error, signal));
    try {
      if (!request.stream) {
        sentMessage(call);
        const response = await next(request);
        receivedMessage(call);
        endCall(call, status.OK);
        return response;
      }
      // A stream that nobody reads to its end ends with its signal.
      signal.addEventListener('abort', () => failed(signal.reason), { once: true });
      const sent = (message: unknown) => message !== undefined && sentMessage(call);
      const response = await next({ ...request, message: observeIterable(request.message, { seen: sent }) });
      if (!response.stream) return response; // the type allows it, and no transport does it
      let received = 0;
      const seen = (message: unknown) => {
        if (message === undefined) return endCall(call, endOf(called.methodKind, received));
        received += 1;
        receivedMessage(call);
      };
      return { ...response, message: observeIterable(response.message, { seen, failed }) };
    } catch (error) {
      failed(error);
      throw error;
    }
  };
}

/** The target of a request, as gRPC names it. */
function targetOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `dns:${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

/** Connect's client turns OK into UNIMPLEMENTED if a stream of requests was not answered by one message, beyond all interceptors. */
function endOf(kind: string, received: number): number {
  return kind === 'client_streaming' && received !== 1 ? status.UNIMPLEMENTED : status.OK;
}

/** As `ConnectError.from`. An error of Node or the browser has a `code` of another kind. */
function codeOf(error: unknown, { aborted, reason }: AbortSignal): number {
  const { name, code } = Object(aborted ? reason : error) as { readonly name?: unknown; readonly code?: unknown };
  if (name === 'ConnectError' && typeof code === 'number') return code;
  return aborted || name === 'AbortError' || name === 'TimeoutError' ? status.CANCELLED : status.UNKNOWN;
}
