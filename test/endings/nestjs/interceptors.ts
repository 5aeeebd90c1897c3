import type { NestInterceptor } from '@nestjs/common';
import type { NestPackages } from '../../support/nestjs/packages.ts';
import { sleep } from '../../support/wait.ts';
import type { InterceptorBehaviour } from '../adapter.ts';

/** Each behaviour as an interceptor of NestJS. */
export function interceptors(
  { microservices: { RpcException } }: NestPackages,
  tooLate: Promise<void>,
): Readonly<Record<InterceptorBehaviour, NestInterceptor>> {
  const refuse = (): never => {
    throw new RpcException({ code: 7, message: 'not you' });
  };
  return {
    refuse: { intercept: refuse },
    refuseLater: { intercept: () => sleep(20).then(refuse) },
    passOnLater: { intercept: (_context, next) => sleep(40).then(() => next.handle()) },
    passOnTooLate: { intercept: (_context, next) => tooLate.then(() => next.handle()) },
  };
}
