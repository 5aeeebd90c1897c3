import type { Opaque } from '../opaque.ts';

/**
 * The parts of NestJS that the library uses, by shape.
 *
 * The library's declarations do not import those of NestJS. NestJS 10 and 11 are CommonJS and NestJS 12 is an ES module, so that one
 * import would not compile with all of them.
 */

/** A provider, a token or a module: the types of NestJS for these differ between its versions. */
export type NestValue = Opaque;

/** Fits NestJS's `DynamicModule`. */
export interface NestDynamicModule {
  module: new () => object;
  global: boolean;
  imports: NestValue[];
  providers: NestValue[];
  exports: NestValue[];
}

/** The part of NestJS's `GrpcOptions['options']` that `grpcServerOptions` changes. */
export interface NestGrpcServerOptions {
  readonly package: string | string[];
  /** NestJS passes these options on to the `Server` of grpc-js. */
  readonly channelOptions?: { readonly [option: string]: NestValue };
  /** NestJS calls it with the server of grpc-js after `bindAsync` and before `addService`. */
  readonly onLoadPackageDefinition?: (packageDefinition: NestValue, server: NestValue) => void;
}

/** The part of NestJS's `ArgumentsHost` that the library reads: the arguments that the handler was called with. */
export interface NestExceptionHost {
  getArgs(): readonly unknown[];
}

/** NestJS's `RpcExceptionsHandler`, which turns each exception into what grpc-js answers. */
export interface NestExceptionsHandler {
  handle(exception: NestValue, host: NestValue, ...more: NestValue[]): NestValue;
}
