import type { ConnectRouter, ContextValues, HandlerContext } from '@connectrpc/connect';
import { answeredCall, receivedMessage } from '../../rpc/call.ts';
import type { Call } from '../../rpc/call-state.ts';
import { observeHandler } from '../observed-handler.ts';
import { observeIterable } from '../observed-iterable.ts';
import type { Opaque } from '../opaque.ts';

/** Connect's errors that carry a status, and what its signals abort with, by `name`. */
const statusErrors = ['ConnectError', 'AbortError', 'TimeoutError'];

/** The calls that are served, by the context values that handlers and interceptors have too. */
export type Calls = WeakMap<ContextValues, ServedCall>;

interface ServedCall {
  readonly call: Call;
  /** Sizes of requests that have arrived and that the handler has not got. */
  readonly sizes: (number | undefined)[];
}

type Implementation = (request: Opaque, context: HandlerContext) => Opaque;

/** The router, whose implementations are observed. */
export function observeRouter(router: ConnectRouter, calls: Calls): ConnectRouter {
  const observed: ConnectRouter = {
    ...router,
    service(service, implementation: Record<string, Opaque>, options) {
      const methods = service.methods.flatMap(({ localName, methodKind }) => {
        const method: Implementation | undefined = implementation[localName];
        if (typeof method !== 'function') return [];
        return [[localName, observe(method.bind(implementation), methodKind, calls)]];
      });
      router.service(service, Object.fromEntries(methods), options);
      return observed;
    },
    rpc(method, implementation, options) {
      router.rpc(method, observe(implementation, method.methodKind, calls) as typeof implementation, options);
      return observed;
    },
  };
  return observed;
}

function observe(implementation: Implementation, kind: string, calls: Calls): Implementation {
  const streamsRequests = kind === 'client_streaming' || kind === 'bidi_streaming';
  return (request, context) => {
    const served = calls.get(context.values);
    if (served === undefined) return implementation(request, context);
    const { call, sizes } = served;
    const received = () => receivedMessage(call, sizes.shift());
    if (!streamsRequests) received();
    const seen = (message: unknown) => message !== undefined && received();
    const requests = streamsRequests ? observeIterable(request, { seen }) : request;
    const settled = (error: unknown) => {
      if (error === undefined || error !== context.signal.reason) answeredCall(call);
    };
    return observeHandler(call, context, statusErrors, () => implementation(requests, context), settled);
  };
}
