import Module from 'node:module';
import type { GrpcFile, GrpcFileName } from './types.ts';

/** What we use of Node's CommonJS loader beyond its public API. Both members are patched by most agents, on all versions. */
interface LoaderInternals {
  readonly _cache: Readonly<Record<string, { readonly loaded: boolean; readonly exports: unknown }>>;
  readonly prototype: { load(filename: string): void };
}

const file = /[\\/]build[\\/]src[\\/](server|client-interceptors|internal-channel)\.js$/;

/**
 * Calls `found` for these files of every copy and version of grpc-js that the process has loaded or loads from now on.
 *
 * grpc-js is CommonJS. `Module.prototype.load` loads each of its files, whether the program uses `require` or `import`.
 * Seen on Node 20 to 26, also with tsx, OpenTelemetry's loader and `module.registerHooks`. The exception is a loader of
 * `module.register` that returns the source of CommonJS files: Node then loads them by itself.
 *
 * Other packages can have a file of the same name, so the caller checks the exports. `found` must not throw.
 */
export function watchCopies(found: (name: GrpcFileName, exports: GrpcFile, path: string) => void): void {
  const loader = Module as unknown as LoaderInternals;
  const look = (path: string, exports: unknown): void => {
    const [, name] = file.exec(path) ?? [];
    if (name !== undefined) found(name as GrpcFileName, Object(exports) as GrpcFile, path);
  };
  const load = loader.prototype.load;
  loader.prototype.load = function observed(this: { readonly exports: unknown }, filename, ...more: unknown[]): void {
    Reflect.apply(load, this, [filename, ...more]);
    look(filename, this.exports);
  };
  for (const [path, exports] of loadedFiles()) look(path, exports);
}

/** The paths and the exports of all CommonJS files that the process has loaded. */
export function loadedFiles(): [path: string, exports: unknown][] {
  const { _cache: cache } = Module as unknown as LoaderInternals;
  return Object.entries(cache).flatMap(([path, { loaded, exports }]) => (loaded ? [[path, exports]] : []));
}
