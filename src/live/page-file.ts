import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

/**
 * Reads the live page, compressed with brotli.
 *
 * This is what runs from the sources. The build replaces the whole file by a module that contains the page
 * (`scripts/bundle.mjs`), so that nothing that is shipped looks for a file.
 */
export function readPage(): Buffer {
  const file = new URL('../../dist/page.html', import.meta.url);
  try {
    // Fast and large: only tests and benchmarks see it.
    return brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  } catch (cause) {
    const remedy = 'build it with `npm run build`, or expose without it: { page: false }';
    throw new Error(`there is no live page at ${fileURLToPath(file)}: ${remedy}. The metrics are at /metrics`, {
      cause,
    });
  }
}
