import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { addToManifest, readManifest, rowsToGet, serversFolder, skipFails } from './test-servers/manifest.mjs';
import { rows } from './test-servers/table.mjs';

/**
 * Makes sure that the servers that tests run are in the user's cache, from Debian's or Ubuntu's packages.
 *
 * Nothing is installed into the system and root is not needed. Where a server cannot be got, a notice says which
 * suites are skipped without it; with `CI=true` the exit status is 1 then.
 */
const folder = serversFolder();
const wanted = rowsToGet(rows, readManifest(folder), process.argv.includes('--retry'));
await report(wanted.length === 0 ? {} : await get(wanted));

/** Gets the servers of the rows; resolves to what went wrong, by name. */
async function get(wantedRows) {
  const { chooseMirror, parseOsRelease } = await import('./test-servers/sources.mjs');
  const { createApt, systemArchives } = await import('./test-servers/apt.mjs');
  const { obtain } = await import('./test-servers/obtain.mjs');
  const all = (problem) => Object.fromEntries(wantedRows.map(({ name }) => [name, [problem]]));

  const { id, codename } = parseOsRelease(readOsRelease());
  if (!['debian', 'ubuntu'].includes(id)) return all('this system is neither Debian nor Ubuntu');
  const tools = ['apt-get', 'dpkg'].filter((tool) => pathOf(tool) === undefined);
  if (tools.length > 0) return all(`this system has no ${tools.join(' and no ')}`);
  const mirror = chooseMirror(systemArchives(), { id, codename });
  if (mirror === undefined) return all(`apt's sources name no mirror of ${id} ${codename ?? ''}`);

  const temp = makeTemp();
  const apt = createApt({ mirror, id, folder, temp, deadline: Date.now() + 600_000, say });
  const result = await obtain(wantedRows, { id, hostSuite: mirror.suite }, { ...apt, installed, say });
  addToManifest(folder, result.entries);
  return result.problems;
}

/** A folder of this run in the servers' folder, so that a rename out of it is atomic; removed at exit. */
function makeTemp() {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder).filter((file) => file.startsWith('tmp-'))) {
    // A run takes ten minutes at most: this one was killed.
    if (Date.now() - statSync(join(folder, name)).mtimeMs > 1_200_000) rmSync(join(folder, name), { recursive: true });
  }
  const temp = mkdtempSync(join(folder, 'tmp-'));
  process.once('exit', () => rmSync(temp, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  return temp;
}

/** Says loudly which servers are missing or of another version, and why. */
async function report(problems) {
  const entries = readManifest(folder);
  const missing = rowsToGet(rows, entries);
  const fallbacks = rows.filter(({ name }) => entries[name]?.fallback);
  if (missing.length + fallbacks.length === 0) return;
  const { fallbackNotice, missingNotice } = await import('./test-servers/notice.mjs');
  if (fallbacks.length > 0) console.error(fallbackNotice(fallbacks, entries, problems));
  if (missing.length > 0) console.error(missingNotice(missing, problems, skipFails()));
  if (missing.length > 0 && skipFails()) process.exitCode = 1;
}

function readOsRelease() {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

function pathOf(tool) {
  const paths = (process.env.PATH ?? '').split(delimiter).map((part) => join(part, tool));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function installed(tool) {
  const path = pathOf(tool);
  if (path === undefined) throw new Error('is not on the PATH');
  return path;
}

function say(line) {
  console.log(`test-servers: ${line}`);
}
