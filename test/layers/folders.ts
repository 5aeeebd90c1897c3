import { builtinModules } from 'node:module';
import { resolveImport } from './imports.ts';

/** What each folder of `src` may import besides itself, `everywhere` and Node's builtins. */
const folders: Readonly<Record<string, readonly string[]>> = {
  core: [],
  encode: ['core'],
  decode: ['core'],
  rpc: ['core'],
  naming: ['core', 'rpc'],
  adapters: ['rpc'],
  bridge: ['core'],
  http: ['core'],
  scrape: ['core', 'encode', 'http'],
  live: ['core', 'http'],
  serve: ['http', 'scrape', 'live'],
  page: ['core', 'live/protocol.ts'],
  processes: ['core', 'rpc'],
  // The endpoint again, put together in a thread of its own.
  thread: [
    'by-process.ts',
    'core',
    'http',
    'live',
    'live-source.ts',
    'naming',
    'own-runtime.ts',
    'processes',
    'rpc',
    'scrape',
    'serve',
    'shared.ts',
    'shown-processes.ts',
  ],
  ops: ['core', 'naming'],
};

/** Set-up throws one error class and checks options in one way, so every folder may import these. */
const everywhere: readonly string[] = [
  'core/errors.ts',
  'core/check-keys.ts',
  'core/check-object.ts',
  'core/check-type.ts',
  'core/printable.ts',
];

/** The wiring: it may import every folder but `cli`, and every file beside it but the entries. */
const wiring: readonly string[] = ['metrics.ts', 'assemble.ts'];

/** They may import `metrics.ts` and every folder but `cli`. */
const entries: readonly string[] = ['index.ts', 'register.ts', 'nestjs.ts', 'nice-grpc.ts', 'connect.ts'];

/** Folders with the rights of an entry. */
const entryFolders: readonly string[] = ['testing', 'register'];

/** The entry of a folder: nobody else imports from it. */
const entryOf: Readonly<Record<string, string>> = { register: 'register.ts' };

/** The program of a thread: the build puts it into a string, with what it imports. */
const passwordThread = 'http/users/password-thread-program.ts';

/** Options are a part of `metrics.ts` and of its public types. */
const publicParts: readonly string[] = ['options.ts'];

/** What is wrong with an import, undefined for one that is allowed. Paths start at `src`. */
export function importProblem(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return builtinProblem(path, specifier);
  if (!specifier.startsWith('.')) return packageProblem(path, specifier);
  const target = resolveImport(path, specifier);
  if (target.startsWith('..')) return 'it is not in src';
  const [folder, targetFolder] = [topFolder(path), topFolder(target)];
  if (targetFolder !== undefined && targetFolder === folder) return undefined;
  if (targetFolder !== undefined && [...entryFolders, 'cli', 'page'].includes(targetFolder)) {
    return entryOf[targetFolder] === path ? undefined : `nobody imports ${targetFolder}`;
  }
  if (entries.includes(target) && folder !== 'cli') return `nobody imports ${target}`;
  if (folder === 'cli') return undefined;
  if (entries.includes(path) || (folder !== undefined && entryFolders.includes(folder))) return entryProblem(target);
  if (folder !== undefined) return folderProblem(folder, target);
  if (wiring.includes(path)) return undefined;
  return wiring.includes(target) ? 'metrics.ts imports its parts, not the other way' : undefined;
}

function builtinProblem(path: string, specifier: string): string | undefined {
  if (topFolder(path) === 'page') return 'the page runs in browsers';
  return builtinModules.includes(specifier.slice('node:'.length)) ? undefined : 'Node has no such module';
}

function packageProblem(path: string, specifier: string): string | undefined {
  const folder = topFolder(path);
  const mayImport =
    folder === 'adapters' ||
    folder === 'bridge' ||
    path === 'nestjs.ts' ||
    (path === 'register.ts' && specifier === 'yaml') ||
    (folder === 'page' && specifier === 'uplot') ||
    (path === passwordThread && specifier === 'bcryptjs');
  return mayImport ? undefined : 'only adapters may import a framework, and nothing has dependencies';
}

function entryProblem(target: string): string | undefined {
  if (topFolder(target) !== undefined || target === 'metrics.ts' || publicParts.includes(target)) return undefined;
  return `only metrics.ts imports ${target}`;
}

function folderProblem(folder: string, target: string): string | undefined {
  const allowed = folders[folder];
  if (allowed === undefined) return `${folder} is not in the table of folders`;
  const targetFolder = topFolder(target);
  if (targetFolder !== undefined && allowed.includes(targetFolder)) return undefined;
  if (allowed.includes(target) || everywhere.includes(target)) return undefined;
  return `${folder} may import ${allowed.length === 0 ? 'nothing' : allowed.join(' and ')}`;
}

/** First folder of a path, undefined for a file directly in `src`. */
function topFolder(path: string): string | undefined {
  const slash = path.indexOf('/');
  return slash === -1 ? undefined : path.slice(0, slash);
}
