import { Code, type Interceptor } from '@connectrpc/connect';
import { refuse } from '../../support/connect/implementation.ts';
import { sleep } from '../../support/wait.ts';
import type { InterceptorBehaviour } from '../adapter.ts';

function after(first: () => Promise<void>): Interceptor {
  return (next) => async (request) => {
    await first();
    return next(request);
  };
}

/** Each behaviour as an interceptor of Connect. */
export const interceptors = (tooLate: Promise<void>): Readonly<Record<InterceptorBehaviour, Interceptor>> => ({
  refuse: () => () => refuse(Code.PermissionDenied),
  refuseLater: after(() => sleep(20).then(() => refuse(Code.PermissionDenied))),
  passOnLater: after(() => sleep(40)),
  passOnTooLate: after(() => tooLate),
});
