import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeLauncher } from './launcher.mjs';
import { digestOf } from './manifest.mjs';
import { packageVersion, parseVersion } from './obtain.mjs';
import { memoize, retried, run } from './run.mjs';
import { formatSource, parseSources } from './sources.mjs';

/** All archives that this system's apt knows. */
export function systemArchives(etc = '/etc/apt') {
  const parts = join(etc, 'sources.list.d');
  const listed = existsSync(parts) ? readdirSync(parts).sort() : [];
  const files = [join(etc, 'sources.list'), ...listed.map((file) => join(parts, file))];
  return files
    .filter((file) => /\.(list|sources)$/.test(file) && existsSync(file))
    .flatMap((file) => parseSources(file, readFileSync(file, 'utf8')));
}

/**
 * Gets packages of any suite of a mirror, as any user, without touching the system's apt: lists, cache and
 * sources are in `temp`. What is unpacked goes to `folder` at once and whole. Nothing is got twice.
 */
export function createApt({ mirror, id, folder, temp, deadline, say }) {
  const remaining = (ms) => {
    const left = deadline - Date.now();
    if (left <= 0) throw new Error('no time is left');
    return Math.min(ms, left);
  };
  const lists = memoize(async (suite) => {
    say(`reading the package list of ${suite}`);
    const config = writeConfig(join(temp, suite), formatSource(signed(mirror, id, suite), suite));
    await retried(() => run('apt-get', ['-c', config, '-q', 'update'], { timeout: remaining(90_000) }));
    return config;
  });
  /** Downloads packages into an empty folder and unpacks them into its `tree`; resolves to the first one's full name. */
  const unpackAll = async (config, names, { cwd, patience }) => {
    // What has come already is not got again in the next try.
    const args = ['-c', config, '-q', 'download', ...names];
    await retried(() => run('apt-get', args, { cwd, timeout: remaining(300_000) }), patience);
    const archives = readdirSync(cwd).filter((file) => file.endsWith('.deb'));
    for (const archive of archives) {
      await run('dpkg', ['-x', archive, 'tree'], { cwd, timeout: remaining(60_000) });
      rmSync(join(cwd, archive));
    }
    const first = archives.find((file) => file.startsWith(`${names[0]}_`));
    if (first === undefined) throw new Error('apt-get left no package');
    return basename(first, '.deb');
  };
  /** Gives what is in a folder of this run its place. A folder with its name is of the same packages and came there whole. */
  const place = (made, target) => {
    if (!existsSync(join(folder, target))) renameSync(made, join(folder, target));
    return target;
  };
  const unpack = memoize(async (suite, name) => {
    const config = await lists(suite);
    say(`getting ${name} from ${suite}`);
    const cwd = mkdtempSync(join(temp, suite, 'package-'));
    const target = await unpackAll(config, [name], { cwd });
    return place(join(cwd, 'tree'), target);
  });
  /** Unpacks packages, and of all that they depend on what `isNeeded`, into one tree. */
  const gather = async (suite, names, isNeeded) => {
    const config = await lists(suite);
    say(`getting ${names.join(', ')} and what they depend on from ${suite}`);
    const cwd = mkdtempSync(join(temp, suite, 'packages-'));
    // For apt nothing is installed: it names all that there is to depend on.
    const plan = ['-c', config, '-q', '-s', '--no-install-recommends', 'install', ...names];
    const installed = await run('apt-get', plan, { cwd, timeout: remaining(60_000) });
    const all = Array.from(installed.matchAll(/^Inst (\S+)/gm), ([, name]) => name);
    const more = all.filter((name) => !names.includes(name) && isNeeded(name));
    const target = await unpackAll(config, [...names, ...more], { cwd, patience: 300_000 });
    return { cwd, target };
  };
  const assemble = async (suite, names, binary) => {
    const { cwd, target } = await gather(suite, names, isLibrary);
    writeLauncher(join(cwd, 'tree'), binary);
    return place(join(cwd, 'tree'), `${target}-with-libraries`);
  };
  const build = async (suite, names, source) => {
    const { cwd } = await gather(suite, names, isForGo);
    say(`building ${source}`);
    const program = join(root, source);
    await run(join(cwd, 'tree/usr/bin/go'), ['build', '-trimpath', '-o', join(cwd, 'out', 'oracle'), program], {
      cwd,
      timeout: remaining(240_000),
      env: {
        GOROOT: realpathSync(join(cwd, 'tree/usr/bin/go')).replace(/\/bin\/go$/, ''),
        GOPATH: join(cwd, 'tree/usr/share/gocode'),
        GOCACHE: join(cwd, 'cache'),
        GO111MODULE: 'off',
        GOFLAGS: '',
        CGO_ENABLED: '0',
      },
    });
    return place(join(cwd, 'out'), `go-${suite}-${digestOf(source)}`);
  };
  const probe = async (path, ask = '--version') => {
    const binary = resolve(folder, path);
    if (!existsSync(binary)) throw new Error(`has no ${basename(path)}`);
    const isModules = basename(path) === 'dist-packages';
    const [command, args, env] = isModules
      ? ['python3', ['-c', pythonProbe], { PYTHONPATH: binary }]
      : [binary, [ask], {}];
    const said = await run(command, args, { env, timeout: remaining(20_000) });
    const version = parseVersion(said) ?? packageVersion(path);
    if (version === undefined) throw new Error(`${basename(path)} ${ask} says no version`);
    return version;
  };
  return { unpack, assemble, build, probe };
}

/** Go itself and sources in Go: of the rest of a system, which apt gets along, the program needs nothing. */
function isForGo(name) {
  return name.startsWith('golang-');
}

/**
 * The libraries of a program that is started by its launcher. The C library is the system's, which is of the same suite
 * and whose loader starts the program; drivers of graphics cards, with the compiler that they bring, are for no test.
 */
function isLibrary(name) {
  return /^(lib|zlib1g)/.test(name) && !/^lib(c6|llvm|z3-|gl1-mesa|perl|pam-)|^lib.*-(perl|modules.*)$/.test(name);
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Fails unless the modules of the Python client can be loaded; a dependency that only its metrics have may be absent. */
const pythonProbe = `
import importlib.metadata, sys, types
sys.modules['decorator'] = types.SimpleNamespace(decorate=None)
import prometheus_client.openmetrics.parser
print('version', importlib.metadata.version('prometheus_client'))`;

/** The mirror with the keyring for a suite: one for the host's suite may lack the keys of the others. */
function signed(mirror, id, suite) {
  const keyring = ['gpg', 'pgp'].map((end) => `/usr/share/keyrings/${id}-archive-keyring.${end}`).find(existsSync);
  const signedBy = suite === mirror.suite ? (mirror.signedBy ?? keyring) : (keyring ?? mirror.signedBy);
  return { ...mirror, signedBy };
}

/** Writes an apt configuration in which all that apt writes is below `folder`; returns its path. */
function writeConfig(folder, source) {
  for (const sub of ['lists/partial', 'cache/archives/partial', 'sources']) {
    mkdirSync(join(folder, sub), { recursive: true });
  }
  writeFileSync(join(folder, 'sources', 'mirror.sources'), source);
  writeFileSync(join(folder, 'status'), '');
  const settings = {
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Log': folder,
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(folder, 'sources'),
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'APT::Update::Error-Mode': 'any',
    // The user that apt would download as may not reach a folder in a home.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::PDiffs': 'false',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '15',
    'Acquire::https::Timeout': '15',
  };
  // The system's hooks clean its own cache and tell its desktop: not for us to run.
  const hooks = ['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success', 'DPkg'];
  const cleared = [...hooks, 'APT::Default-Release'].map((name) => `#clear ${name};`);
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  writeFileSync(join(folder, 'apt.conf'), `${[...cleared, ...lines].join('\n')}\n`);
  return join(folder, 'apt.conf');
}
