import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Reads the code of the password thread, with bcrypt in it.
 *
 * This is what runs from the sources. The build replaces the whole file by a module that contains the code
 * (`scripts/bundle.mjs`), so that nothing that is shipped looks for a file.
 */
export function readThreadCode(): string {
  const file = new URL('../../../dist/password-thread.js', import.meta.url);
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const remedy = 'build it with `npm run build`';
    throw new Error(`there is no password thread at ${fileURLToPath(file)}: ${remedy}`, { cause });
  }
}
