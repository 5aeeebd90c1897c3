import type { InterceptorBehaviour } from '../endings/adapter.ts';
import type { Messages } from '../support/reply-behaviours.ts';
import { sleep } from '../support/wait.ts';
import { StatusError } from './framework/errors.ts';
import type { Middleware } from './framework/routes.ts';

export function refuse(code = 5): never {
  throw new StatusError(code, 'no');
}

async function* after(first: Promise<void>, then: () => Messages): AsyncGenerator<Buffer> {
  await first;
  yield* then();
}

/** Each behaviour as a middleware of the made-up framework, behind the library's. */
export const middlewares = (tooLate: Promise<void>): Readonly<Record<InterceptorBehaviour, Middleware>> => ({
  refuse: () => refuse(7),
  refuseLater: () => after(sleep(20), () => refuse(7)),
  passOnLater: (request, _context, next) => after(sleep(40), () => next(request)),
  passOnTooLate: (request, _context, next) => after(tooLate, () => next(request)),
});
