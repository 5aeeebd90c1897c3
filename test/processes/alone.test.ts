import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { permissionFlags } from '../support/permission.ts';
import { newFolder, removeFolders } from './folders.ts';
import { numbersIn } from './watch.ts';

const open: GrpcMetrics[] = [];
afterEach(async () => {
  for (const metrics of open.splice(0)) await metrics.close();
  removeFolders();
});

const folders: [name: string, make: (path: string) => string, problem: RegExp][] = [
  ['another user has', ofAnotherUser, /belongs to the user \d+/],
  [
    'others can read',
    (path) => {
      mkdirSync(path);
      chmodSync(path, 0o755);
      return path;
    },
    /can be read by others \(mode 755\)/,
  ],
  [
    'is a link',
    (path) => {
      symlinkSync(newFolder(), path);
      return path;
    },
    /is not a folder/,
  ],
  [
    'is a file',
    (path) => {
      writeFileSync(path, '');
      return path;
    },
    /is not a folder/,
  ],
  [
    'cannot be made',
    (path) => {
      writeFileSync(path, '');
      return join(path, 'books');
    },
    /ENOTDIR/,
  ],
  [
    'is behind a link to nothing',
    (path) => {
      symlinkSync(`${path}-none`, path);
      return join(path, 'books');
    },
    /ENOENT/,
  ],
];
test.each(folders)(
  'a folder that %s: one warning, and the process has its own metrics',
  async (_name, make, problem) => {
    const folder = make(join(newFolder(), 'x'));
    const warnings: string[] = [];
    const metrics = new GrpcMetrics({ processes: { folder }, logger: { warn: (message) => warnings.push(message) } });
    open.push(metrics);
    metrics.counter({ name: 'things_total', help: 'Things' }).inc(3);
    const { body } = await metrics.render();
    expectAlone(String(body), warnings, problem);
  },
);

// Node 20 would never return from `mkdirSync` with `recursive: true`.
const pseudo: [path: string, parent: string][] = [
  ['/proc/grpc-vitals-books', '/proc'],
  ['/proc/self/a/b', '/proc/self'],
];
test.runIf(process.platform === 'linux').each(pseudo)('the folder %s: %s takes no folders', async (path, parent) => {
  const warnings: string[] = [];
  const metrics = new GrpcMetrics({
    processes: { folder: path },
    logger: { warn: (message) => warnings.push(message) },
  });
  open.push(metrics);
  metrics.counter({ name: 'things_total', help: 'Things' }).inc(3);
  const { body } = await metrics.render();
  expectAlone(String(body), warnings, new RegExp(`${parent} takes no folders`));
});

/** Root gives a folder away; any other user finds one of root. */
function ofAnotherUser(path: string): string {
  if (process.getuid!() !== 0) return '/usr';
  mkdirSync(path, { mode: 0o700 });
  chownSync(path, 12_345, 12_345);
  return path;
}

test("Node's permission model denies the folder: one warning says which option allows it", async () => {
  const program = fileURLToPath(new URL('./denied.mjs', import.meta.url));
  const folder = join(newFolder(), 'x');
  const run = (...allowed: string[]) =>
    promisify(execFile)(process.execPath, [...permissionFlags(...allowed), program, folder], {
      timeout: 20_000,
    });
  const denied = JSON.parse((await run()).stdout) as Printed; // as the program prints it
  expectAlone(denied.body, denied.warnings, /denies .*x: allow the folder with --allow-fs-read and --allow-fs-write/);
  mkdirSync(folder, { mode: 0o700 });
  const allowed = JSON.parse((await run(`--allow-fs-write=${folder}/*`)).stdout) as Printed;
  expect(numbersIn(allowed.body).get('grpc_vitals_processes{state="alive"}')).toBe(1);
});

/** What the program with permissions prints. */
interface Printed {
  readonly body: string;
  readonly warnings: readonly string[];
}

function expectAlone(body: string, warnings: readonly string[], problem: RegExp): void {
  const scraped = numbersIn(body);
  expect(scraped.get('things_total')).toBe(3);
  expect(scraped.get('grpc_vitals_errors_total{stage="scrape"}')).toBe(1);
  expect(scraped.has('grpc_vitals_processes{state="alive"}')).toBe(false);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(problem);
  expect(warnings[0]).toContain('this process has its own metrics alone');
}
