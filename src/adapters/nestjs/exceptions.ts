import type { Faults } from '../../rpc/faults.ts';
import { handlerThrew } from '../../rpc/handler.ts';
import { loadedFiles } from '../grpc-js/copies.ts';
import type { NestExceptionHost, NestExceptionsHandler } from './types.ts';

/** The part of a handler's call that the library reads. */
interface HandlerCall {
  readonly metadata?: object;
}

/**
 * Observes the exceptions of all gRPC handlers, their guards, pipes and interceptors. The promise resolves when it does.
 *
 * Between a handler and grpc-js NestJS replaces every exception that is no `RpcException` by an object without a class, so that
 * grpc-js answers UNKNOWN for all of them. `RpcExceptionsHandler` does this, and has the exception and the call at hand. It is no part of
 * NestJS's documented API; `docs/decisions/0024-nestjs.md` says why it is used. Seen on NestJS 10 to 12. Another
 * version may lack it: then classes are missing, with one warning and a counted fault.
 */
export async function seeExceptions(faults: Faults): Promise<void> {
  try {
    const { RpcExceptionsHandler } = await import('@nestjs/microservices/exceptions/rpc-exceptions-handler.js');
    observeExceptions(RpcExceptionsHandler);
  } catch (cause) {
    const lost = 'this version of NestJS has no RpcExceptionsHandler: the classes of exceptions are not recorded';
    faults.count('call', new Error(lost, { cause }), 'grpcServerOptions()');
  }
}

/**
 * As `seeExceptions`, for a program that knows nothing of this package: if it has loaded NestJS 10 or 11. NestJS 12 is an ES module, and
 * those are in no cache.
 */
export function seeLoadedExceptions(faults: Faults): void {
  faults.guard('call', () => {
    for (const [path, exports] of loadedFiles())
      if (file.test(path)) observeExceptions((exports as NestFile).RpcExceptionsHandler);
  });
}

const file = /[\\/]@nestjs[\\/]microservices[\\/]exceptions[\\/]rpc-exceptions-handler\.js$/;

interface NestFile {
  readonly RpcExceptionsHandler: { readonly prototype: NestExceptionsHandler };
}

const observed = new WeakSet<object>();

/** Notes each exception before the class handles it, once for each class. The handler does what it did before. */
export function observeExceptions({ prototype }: { readonly prototype: NestExceptionsHandler }): void {
  if (observed.has(prototype)) return;
  observed.add(prototype);
  const { handle } = prototype;
  if (typeof handle !== 'function') throw new TypeError('RpcExceptionsHandler has no handle()');
  prototype.handle = function observedHandle(exception, host, ...more) {
    noteException(exception, host);
    return handle.call(this, exception, host, ...more);
  };
}

function noteException(exception: unknown, host: NestExceptionHost): void {
  // The class `RpcException` itself says nothing that its status does not. Classes that extend it do.
  if (exception instanceof Error && exception.constructor.name === 'RpcException') return;
  // A handler of `@GrpcStreamCall` gets the call first. All others get it after the message and the metadata.
  const [first, , third] = host.getArgs();
  const key = ((third ?? first) as HandlerCall | undefined)?.metadata; // another transport passes other values
  if (key !== undefined) handlerThrew(key, exception);
}
