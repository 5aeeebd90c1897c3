import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export type Files = Readonly<Record<string, string>>;

export interface RunOptions {
  /** The folder to run in, inside the project's; the project's own by default. */
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The user to run as. */
  readonly uid?: number;
  readonly timeoutSeconds?: number;
}

/** A project of a user, in a folder of its own: nothing of this repository can be reached from it. */
export class Project {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'grpc-vitals-project-'));

  constructor(files: Files = {}) {
    chmodSync(this.folder, 0o755); // another user can read it
    this.write({ 'package.json': '{ "private": true }', ...files });
  }

  write(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  /** Installs packages, by name and version or by the path of a tarball. */
  async install(packages: readonly string[], folder = '.'): Promise<void> {
    const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    await this.run('npm', ['install', '--prefer-offline', ...quiet, ...packages], { folder, timeoutSeconds: 300 });
  }

  /** Runs a program; resolves with what it printed. Rejects with all of that where it fails or takes too long. */
  async run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { folder = '.', environment = {}, uid, timeoutSeconds = 120 } = options;
    const local = join(this.folder, 'node_modules/.bin');
    // What vitest sets for its workers is not the user's.
    const { NODE_ENV: _mode, NODE_OPTIONS: _options, VITEST: _vitest, ...own } = process.env;
    try {
      const { stdout, stderr } = await promisify(execFile)(program, args, {
        cwd: join(this.folder, folder),
        env: { ...own, PATH: `${local}:${own.PATH}`, ...environment },
        timeout: timeoutSeconds * 1000,
        killSignal: 'SIGKILL',
        maxBuffer: 2 ** 26,
        ...(uid !== undefined && { uid, gid: uid }),
      });
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string }; // of execFile
      throw new Error(`${message}\n${stdout}\n${stderr}`, { cause: error });
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Packs the built package into the folder; returns the path of its tarball. */
export function pack(folder: string): string {
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { timeout: 60_000 });
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack left no tarball in ${folder}`);
  return join(folder, tarball);
}
