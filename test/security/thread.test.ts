import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashSync } from 'bcryptjs';
import { afterAll, expect, test } from 'vitest';
import { Files } from './certificates.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = new Files();
afterAll(() => files.remove());

/** A service that compares a password and closes; it ends by itself. */
const program = `
  const { GrpcMetrics } = require(${JSON.stringify(join(root, 'dist/index.cjs'))});
  const metrics = new GrpcMetrics();
  metrics.expose({ port: 0, host: '127.0.0.1', users: { a: '${hashSync('secret', 4)}' } }).then(async ({ url }) => {
    const headers = { authorization: 'Basic ' + Buffer.from('a:secret').toString('base64') };
    console.log('status', (await fetch(url + '/metrics', { headers })).status);
  });
`;

const starts: [name: string, args: string[], env: Record<string, string>][] = [
  ['--require', ['--require', './loaded.cjs'], {}],
  ['--import', ['--import', './loaded.cjs'], {}],
  ['NODE_OPTIONS', [], { NODE_OPTIONS: '--require ./loaded.cjs' }],
];
test.each(starts)(
  'modules of %s do not run in the password thread, which ends with the service',
  (_name, args, env) => {
    const log = files.write('loads.txt', '');
    files.write('loaded.cjs', `require('node:fs').appendFileSync(${JSON.stringify(log)}, 'loaded\\n');\n`);
    const { stdout, stderr, status } = spawnSync(process.execPath, [...args, '-e', program], {
      cwd: files.path,
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect({ stdout, stderr, status }).toEqual({ stdout: 'status 200\n', stderr: '', status: 0 });
    expect(readFileSync(log, 'utf8')).toBe('loaded\n');
  },
);
