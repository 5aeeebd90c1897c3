import { HOST } from './table.mjs';

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
 * `io.unpack` resolves to the folder that holds a package's files, relative to the servers' folder, `io.build` to that of a
 * program that was built of a source with a package and what it depends on, `io.probe` to the
 * version that a binary in it says. What a row could not be got from is in `problems`, also when another one served.
 */
export async function obtain(rows, system, { unpack, build, probe, say }) {
  const entries = {};
  const problems = {};
  for (const row of rows) {
    problems[row.name] = [];
    for (const { suite, package: name, binary, source, with: more = [] } of resolveCandidates(row, system)) {
      try {
        const folder = source === undefined ? unpack(suite, name) : build(suite, [name, ...more], source);
        const path = `${await folder}/${binary}`;
        const version = await probe(path);
        const fallback = !version.startsWith(row.wants);
        entries[row.name] = { path, version, suite, package: name, fallback };
        say(`${row.name} is ${version} from ${suite}`);
        break;
      } catch (error) {
        problems[row.name].push(`${name} of ${suite}: ${error.message}`);
      }
    }
  }
  return { entries, problems };
}

/** The version in what a binary prints for `--version`, undefined when there is none. */
export function parseVersion(output) {
  return /\bversion:? v?(\d+\.\d+\.\d+)/i.exec(output)?.[1];
}

/** The version of the package that a file was unpacked from: some binaries were built without one. */
export function packageVersion(path) {
  return /^[^/_]+_(?:\d+%3a|\d+:)?(\d+\.\d+\.\d+)/.exec(path)?.[1];
}
