import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds the servers and their manifest, under the user's cache. */
export function serversFolder(env = process.env) {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'grpc-vitals', 'servers');
}

/** True when a skipped suite is a failure: with `CI=true`. */
export function skipFails(env = process.env) {
  return env.CI === 'true';
}

/** What `servers.json` says of each server that is really there and may be run; paths are absolute here. */
export function readManifest(folder) {
  const usable = {};
  for (const [name, entry] of Object.entries(readEntries(folder))) {
    const path = resolve(folder, entry.path);
    if (isExecutable(path)) usable[name] = { ...entry, path };
  }
  return usable;
}

/**
 * The rows whose server is not there, or was built of a source that is another one now; with `retry` also those for which another
 * version stands in.
 */
export function rowsToGet(rows, present, retry = false) {
  return rows.filter(({ name, candidates = [] }) => {
    const entry = present[name];
    if (entry === undefined || (retry && entry.fallback)) return true;
    return candidates.some(({ source }) => source !== undefined && !entry.path.includes(digestOf(source)));
  });
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What tells a source of the project from what it was before: in the path of each server that is built. */
export function digestOf(source) {
  return createHash('sha256')
    .update(readFileSync(join(root, source)))
    .digest('hex')
    .slice(0, 8);
}

/** Adds entries to `servers.json`, whole or not at all. Their paths are relative to the folder, but for a program of the system. */
export function addToManifest(folder, entries) {
  mkdirSync(folder, { recursive: true });
  const draft = join(folder, `servers.json.${process.pid}`);
  writeFileSync(draft, `${JSON.stringify({ ...readEntries(folder), ...entries }, null, 2)}\n`);
  renameSync(draft, join(folder, 'servers.json'));
}

function readEntries(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'servers.json'), 'utf8'));
  } catch {
    // Absent or broken: everything is got again.
    return {};
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
