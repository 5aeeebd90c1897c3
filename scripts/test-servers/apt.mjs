import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageVersion, parseVersion } from './obtain.mjs';
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
    await run('apt-get', ['-c', config, '-q', 'update'], { timeout: remaining(90_000) });
    return config;
  });
  const unpack = memoize(async (suite, name) => {
    const config = await lists(suite);
    say(`getting ${name} from ${suite}`);
    const cwd = join(temp, suite, name);
    mkdirSync(cwd);
    await run('apt-get', ['-c', config, '-q', 'download', name], { cwd, timeout: remaining(180_000) });
    const archive = readdirSync(cwd).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get left no package');
    const target = basename(archive, '.deb');
    await run('dpkg', ['-x', archive, 'tree'], { cwd, timeout: remaining(60_000) });
    // A folder with this name is from the same package and was renamed whole.
    if (!existsSync(join(folder, target))) renameSync(join(cwd, 'tree'), join(folder, target));
    return target;
  });
  const build = async (suite, names, source) => {
    const config = await lists(suite);
    say(`getting ${names.join(', ')} and what they depend on from ${suite}`);
    const cwd = join(temp, suite, 'build');
    mkdirSync(cwd);
    // For apt nothing is installed: it gets all that there is to depend on.
    const install = ['-c', config, '-q', '-y', '--no-install-recommends', '--download-only', 'install', ...names];
    await run('apt-get', install, { cwd, timeout: remaining(180_000) });
    const archives = join(temp, suite, 'cache', 'archives');
    for (const archive of readdirSync(archives).filter(isForGo)) {
      await run('dpkg', ['-x', join(archives, archive), 'tree'], { cwd, timeout: remaining(60_000) });
    }
    say(`building ${source}`);
    const program = join(root, source);
    const digest = createHash('sha256').update(readFileSync(program)).digest('hex').slice(0, 8);
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
    const target = `go-${suite}-${digest}`;
    if (!existsSync(join(folder, target))) renameSync(join(cwd, 'out'), join(folder, target));
    return target;
  };
  const probe = async (path) => {
    const binary = join(folder, path);
    if (!existsSync(binary)) throw new Error(`has no ${basename(path)}`);
    const isModules = basename(path) === 'dist-packages';
    const [command, args, env] = isModules
      ? ['python3', ['-c', pythonProbe], { PYTHONPATH: binary }]
      : [binary, ['--version'], {}];
    const said = await run(command, args, { env, timeout: remaining(20_000) });
    const version = parseVersion(said) ?? packageVersion(path);
    if (version === undefined) throw new Error(`${basename(path)} --version says no version`);
    return version;
  };
  return { unpack, build, probe };
}

/** Go itself and sources in Go: of the rest of a system, which apt gets along, the program needs nothing. */
function isForGo(archive) {
  return /^golang-.*\.deb$/.test(archive);
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

/** Runs a command to its end and resolves to all that it printed; fails with the first error that it printed. */
function run(command, args, { cwd, timeout, env = {} }) {
  const environment = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', ...env };
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { cwd, timeout, env: environment, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 },
      (error, out, err) => {
        if (error === null) return resolve(out + err);
        const lines = err.split('\n').filter((line) => line.trim() !== '');
        const said = lines.find((line) => line.startsWith('E: ')) ?? lines.at(-1) ?? error.message;
        reject(
          new Error(error.killed ? `${command} did not end in ${Math.ceil(timeout / 1000)} s` : said, { cause: error }),
        );
      },
    );
  });
}

function memoize(get) {
  const made = new Map();
  return (...args) => {
    const key = args.join(' ');
    if (!made.has(key)) made.set(key, get(...args));
    return made.get(key);
  };
}
