import { afterAll, beforeAll } from 'vitest';

/** Lets handlers reject in all tests of a suite: neither Node nor vitest treats their rejections as failures. */
export function ignoreRejections(): void {
  let listeners: NodeJS.UnhandledRejectionListener[] = [];
  beforeAll(() => {
    listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', () => {});
  });
  afterAll(() => {
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
  });
}
