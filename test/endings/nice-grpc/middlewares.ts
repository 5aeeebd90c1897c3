import { type ServerMiddleware, Status } from 'nice-grpc';
import { refuse } from '../../support/nice-grpc/implementation.ts';
import { sleep } from '../../support/wait.ts';
import type { InterceptorBehaviour } from '../adapter.ts';

function after(first: () => Promise<void>): ServerMiddleware {
  return async function* (call, context) {
    await first();
    return yield* call.next(call.request, context);
  };
}

/** Each behaviour as a middleware of nice-grpc. */
export const middlewares = (tooLate: Promise<void>): Readonly<Record<InterceptorBehaviour, ServerMiddleware>> => ({
  refuse: () => refuse(Status.PERMISSION_DENIED),
  refuseLater: after(() => sleep(20).then(() => refuse(Status.PERMISSION_DENIED))),
  passOnLater: after(() => sleep(40)),
  passOnTooLate: after(() => tooLate),
});
