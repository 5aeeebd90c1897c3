import type { Opaque } from '../opaque.ts';

/**
 * The parts of nice-grpc 2 that this adapter uses, by shape: nice-grpc is never imported.
 */

/** What `createServer()` of nice-grpc returns. */
export interface NiceGrpcServer {
  use(middleware: Opaque): Opaque;
  with(middleware: Opaque): Opaque;
  add(definition: Opaque, implementation: Opaque): void;
}

/** What `createClientFactory()` of nice-grpc returns. */
export interface NiceGrpcClientFactory {
  use(middleware: Opaque): Opaque;
  create(definition: Opaque, channel: Opaque, defaultCallOptions?: Opaque): Opaque;
}
