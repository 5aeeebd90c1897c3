import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** Runs an ES module in the folder of this repository; returns what it printed. */
export function run(program: string): string {
  const args = ['--input-type=module', '-e', program];
  return execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: 'pipe', timeout: 60_000 });
}

/** Builds the package's entries and these into the folder, each by the path of its source; with an empty page. */
export function build(more: Readonly<Record<string, string>>, folder: string): void {
  run(`
    import { bundle } from './scripts/bundle.mjs';
    import { declarations } from './scripts/declarations.mjs';
    import { commands, entries, parts } from './scripts/entries.mjs';
    const options = { entries: { ...entries, ...${JSON.stringify(more)} }, folder: ${JSON.stringify(folder)} };
    await bundle({ ...options, parts, commands, page: '<!doctype html>', threads: { 'password-thread': '', 'endpoint-thread': '' } });
    await declarations(options);
  `);
}
