import { basename } from 'node:path';
import { HOST, INSTALLED } from './table.mjs';

/** Where a row's server may come from on this system, best first: suites of other distributions are left out. */
export function resolveCandidates(row, { id, hostSuite }) {
  const seen = new Set();
  return row.candidates
    .filter(({ distribution }) => distribution === undefined || distribution === id)
    .map((candidate) => ({
      ...candidate,
      suite: candidate.suite === HOST ? hostSuite : candidate.suite,
      distribution: undefined,
    }))
    .filter((candidate) => {
      const key = JSON.stringify(candidate);
      return seen.has(key) ? false : seen.add(key);
    });
}

/**
 * Gets the server of each row from its first candidate that can be got and runs.
 *
 * `io.unpack` resolves to the folder that holds a package's files, relative to the servers' folder, `io.assemble` to that
 * of packages with all libraries that they depend on and a launcher at its top, `io.build` to that of a program that was
 * built of a source with packages and what they depend on, `io.installed` to the path of a program of the system, `io.probe`
 * to the version that a binary says. What a row could not be got from is in `problems`, also when another one served.
 */
export async function obtain(rows, system, io) {
  const entries = {};
  const problems = {};
  for (const row of rows) {
    problems[row.name] = [];
    for (const candidate of resolveCandidates(row, system)) {
      const { suite, package: name, ask } = candidate;
      try {
        const path = await get(candidate, io);
        const version = await io.probe(path, ask);
        const fallback = !version.startsWith(row.wants);
        entries[row.name] = { path, version, suite, package: name, fallback };
        io.say(`${row.name} is ${version} from ${suite}`);
        break;
      } catch (error) {
        problems[row.name].push(`${name} of ${suite}: ${error.message}`);
      }
    }
  }
  return { entries, problems };
}

/** Gets what a candidate names; resolves to the path of its binary. */
async function get({ suite, package: name, binary, source, with: more }, { unpack, assemble, build, installed }) {
  if (suite === INSTALLED) return installed(binary);
  if (source !== undefined) return `${await build(suite, [name, ...more], source)}/${binary}`;
  if (more !== undefined) return `${await assemble(suite, [name, ...more], binary)}/${basename(binary)}`;
  return `${await unpack(suite, name)}/${binary}`;
}

/** The version in what a binary prints for `--version`, undefined when there is none. */
export function parseVersion(output) {
  const named = /\bversion:? v?(\d+\.\d+\.\d+)/i.exec(output);
  return (named ?? /^(?:tmux|Chromium|Google Chrome) (\d+\.\d+[\w.]*)/m.exec(output))?.[1];
}

/** The version of the package that a file was unpacked from: some binaries were built without one. */
export function packageVersion(path) {
  return /^[^/_]+_(?:\d+%3a|\d+:)?(\d+\.\d+\.\d+)/.exec(path)?.[1];
}
