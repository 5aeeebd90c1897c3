import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { observeExceptions } from '../../../src/adapters/nestjs/exceptions.ts';
import type { NestExceptionsHandler } from '../../../src/adapters/nestjs/types.ts';
import type { Grpc } from '../grpc-js/fixture.ts';

/** One installed version of NestJS. The types are those of the version that this repository has. */
export interface NestPackages {
  readonly version: string;
  readonly common: typeof import('@nestjs/common');
  readonly core: typeof import('@nestjs/core');
  readonly microservices: typeof import('@nestjs/microservices');
  readonly rxjs: typeof import('rxjs');
  /** Makes an adapter of each HTTP server whose adapter is installed. */
  readonly httpAdapters: Readonly<Record<string, () => AbstractHttpAdapter>>;
  /** The grpc-js that this NestJS uses. */
  readonly grpc: Grpc;
  readonly grpcVersion: string;
}

/** Loads the NestJS that is installed in `folder`. */
export function loadNest(folder: string): NestPackages {
  const require = createRequire(join(folder, 'package.json'));
  require('reflect-metadata');
  // Where it is installed, the library finds this class by itself. From its sources it finds the one of this repository.
  const exceptions = require('@nestjs/microservices/exceptions/rpc-exceptions-handler.js');
  observeExceptions(
    (exceptions as { RpcExceptionsHandler: { prototype: NestExceptionsHandler } }).RpcExceptionsHandler,
  );
  const versionOf = (name: string) => (require(`${name}/package.json`) as { version: string }).version;
  return {
    version: versionOf('@nestjs/core'),
    common: require('@nestjs/common') as NestPackages['common'],
    core: require('@nestjs/core') as NestPackages['core'],
    microservices: require('@nestjs/microservices') as NestPackages['microservices'],
    rxjs: require('rxjs') as NestPackages['rxjs'],
    httpAdapters: Object.fromEntries(
      Object.entries(platforms).flatMap(([name, { path, adapter }]) => {
        if (!isInstalled(require, path)) return [];
        const Adapter = (require(path) as Record<string, new () => AbstractHttpAdapter>)[adapter]!;
        return [[name, () => new Adapter()]];
      }),
    ),
    grpc: require('@grpc/grpc-js') as Grpc,
    grpcVersion: versionOf('@grpc/grpc-js'),
  };
}

const platforms = {
  Express: { path: '@nestjs/platform-express', adapter: 'ExpressAdapter' },
  Fastify: { path: '@nestjs/platform-fastify', adapter: 'FastifyAdapter' },
};

function isInstalled(require: NodeJS.Require, path: string): boolean {
  try {
    require.resolve(path);
    return true;
  } catch {
    return false;
  }
}
