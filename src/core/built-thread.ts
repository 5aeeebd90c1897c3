import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Reads the code of a thread from `dist`.
 *
 * This is for what runs from the sources. The build replaces each module whose name ends with `-thread-code.ts` by one that contains
 * the code (`scripts/threads.mjs`), so that nothing that is shipped looks for a file.
 */
export function readBuiltThread(name: string): string {
  const file = new URL(`../../dist/${name}.js`, import.meta.url);
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const remedy = 'build it with `npm run build`';
    throw new Error(`there is no code of a thread at ${fileURLToPath(file)}: ${remedy}`, { cause });
  }
}
