import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkObject } from './core/check-object.ts';

/** Name and version of the program that runs: from the package.json nearest to `start`, upwards. */
export function packageInfo(start: string): { readonly name: string; readonly version: string } {
  for (let folder = start; ; folder = dirname(folder)) {
    const { name, version } = readManifest(join(folder, 'package.json'));
    if (name !== undefined) return { name, version: version ?? 'unknown' };
    if (folder === dirname(folder)) return { name: 'unknown', version: 'unknown' };
  }
}

function readManifest(path: string): { readonly name?: string; readonly version?: string } {
  try {
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>; // whatever it holds
    return {
      ...(typeof name === 'string' && name !== '' && { name }),
      ...(typeof version === 'string' && { version }),
    };
  } catch {
    return {}; // Not there, not readable or not JSON: the folder above may have one.
  }
}

/** The labels that `given` has, with the program's own name and version where it has none. Throws `invalid_option` unless it is an object. */
export function described(given: Readonly<Record<string, string | undefined>> = {}): { name: string; version: string } {
  checkObject('service must be an object, such as { name, version, region }', given);
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const [, main] = process.argv;
  return { ...packageInfo(main === undefined ? process.cwd() : dirname(main)), ...defined };
}
