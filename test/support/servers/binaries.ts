import { describe, inject, test } from 'vitest';
import { readManifest, serversFolder } from '../../../scripts/test-servers/manifest.mjs';
import type { ServerName } from '../../../scripts/test-servers/table.mjs';
import { skipLoudly } from '../skip.ts';

export type { ServerName };

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether this tier of tests runs suites that need servers: `test:fast` does not. */
    readonly hasServers: boolean;
  }
}

const servers = readManifest(serversFolder());

/** Absolute path of a server's binary, undefined when `scripts/test-servers.mjs` could not get it. */
function serverPath(name: ServerName): string | undefined {
  return servers[name]?.path;
}

/** The version that a server's binary says, undefined when it is not there. May be a fallback: see the manifest. */
export function serverVersion(name: ServerName): string | undefined {
  return servers[name]?.version;
}

/**
 * `describe` for a suite that needs real servers; passes their paths by name.
 *
 * Without one of them it skips the suite and warns; with `CI=true` it puts a failing test in its place. `test:fast` skips it.
 */
export function describeWith<Name extends ServerName>(
  names: readonly Name[],
  name: string,
  suite: (paths: Record<Name, string>) => void,
): void {
  const skip = describe.skip; // another tier runs the suite
  if (!inject('hasServers')) {
    skip(name, () => {
      test('needs servers', () => {});
    });
    return;
  }
  const missing = names.filter((server) => serverPath(server) === undefined);
  if (missing.length === 0) {
    // Each name was just found to have a path.
    const paths = Object.fromEntries(names.map((server) => [server, serverPath(server)])) as Record<Name, string>;
    describe(name, () => suite(paths));
    return;
  }
  skipLoudly(name, `needs ${missing.join(', ')}: run \`node scripts/test-servers.mjs\` on Debian or Ubuntu`);
}
