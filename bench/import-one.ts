import { createRequire } from 'node:module';

/** What loading one library took. */
export interface Load {
  readonly milliseconds: number;
  /** Bytes of the heap that are held afterwards. */
  readonly heap: number;
  readonly resident: number;
}

/** In a process of its own: loads the library in this way, and says what that took. */
async function load(library: string, way: string, beside: string): Promise<Load> {
  const require = createRequire(import.meta.url);
  if (beside !== '') require(beside);
  globalThis.gc!();
  const before = process.memoryUsage();
  const start = performance.now();
  if (way === 'import') await import(library);
  else require(library);
  const milliseconds = performance.now() - start;
  globalThis.gc!();
  const after = process.memoryUsage();
  return { milliseconds, heap: after.heapUsed - before.heapUsed, resident: after.rss - before.rss };
}

if (process.send !== undefined) {
  const [, , library, way, beside] = process.argv;
  process.send(await load(library!, way!, beside!), () => process.exit());
}
