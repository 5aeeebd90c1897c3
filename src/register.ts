import { watchCopies } from './adapters/grpc-js/copies.ts';
import { patchFile } from './adapters/grpc-js/patch.ts';
import { watchUnseenGrpc } from './adapters/unseen.ts';
import type { RegisteredProcess } from './register/registered-process.ts';

/*
 * `node --import grpc-vitals/register server.js`: metrics of every grpc-js server and client of a program that knows nothing of
 * this package.
 *
 * This file waits for grpc-js. It loads the library when the first server binds or the first client is made, so that other
 * programs, which inherit NODE_OPTIONS, pay next to nothing and print nothing.
 */

/** On the process of a program, once this has run. Every copy of this package uses the same symbol, whatever its version. */
const isRegistered: unique symbol = Symbol.for('grpc-vitals.registered');

if (!(isRegistered in globalThis) && !/^(false|0|no|off)$/i.test(process.env.GRPC_VITALS_ENABLED ?? '')) {
  Object.defineProperty(globalThis, isRegistered, { value: true });
  register();
}

function register(): void {
  let registered: RegisteredProcess | undefined;
  let isStarted = false;
  const start = (): RegisteredProcess | undefined => {
    if (isStarted) return registered;
    isStarted = true; // also while it starts, and after it failed
    try {
      const { startProcess } = require('./register/start.ts') as typeof import('./register/start.ts'); // Loaded at once.
      registered = startProcess(process.env, () => require('yaml') as typeof import('yaml'));
    } catch (error) {
      warn(`does nothing: ${String(error)}`);
    }
    return registered;
  };
  let hasGrpcJs = false;
  watchCopies((name, exports, path) => {
    try {
      if (patchFile(name, exports, start)) {
        hasGrpcJs = true;
        return;
      }
    } catch {
      // The exports cannot be changed.
    }
    // Other packages have files of these names, too.
    if (/[\\/]@grpc[\\/]grpc-js[\\/]/.test(path)) warn(`cannot record what ${path} makes: this version has changed`);
  });
  watchUnseenGrpc(
    () => hasGrpcJs,
    (unseen) => start()?.unseen(unseen),
  );
}

function warn(message: string): void {
  process.emitWarning(`grpc-vitals/register ${message}`, { type: 'GrpcVitalsWarning' });
}
