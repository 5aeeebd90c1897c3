import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** What the Dockerfile puts beside Node.js. */
let folder: string;
let child: ChildProcess | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-image-'));
  const { status, stderr } = spawnSync(process.execPath, ['scripts/bundle-demo.mjs', folder], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  chmodSync(folder, 0o755);
});
afterAll(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const files = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));

test('the image is small: code and two definitions, and no development tools', () => {
  const all = files().filter((path) => statSync(path).isFile());
  expect(all.filter((path) => !path.endsWith('.mjs')).map((path) => path.slice(folder.length))).toEqual(
    expect.arrayContaining(['/build/src/shop.proto', '/proto/health/v1/health.proto']),
  );
  expect(all.length).toBeLessThan(10);
  expect(all.reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThan(4_000_000);
});

// Root reads and writes everything: another user shows what the image's user may.
const user = process.getuid?.() === 0 ? { uid: 65_532, gid: 65_532 } : {};
test('the demo runs as another user, in a folder that nobody may write, and ends at SIGTERM', {
  timeout: 60_000,
}, async () => {
  for (const path of [folder, ...files()]) chmodSync(path, statSync(path).isDirectory() ? 0o555 : 0o444);
  const before = files().length;
  const options = ['--port', '0', '--metrics-port', '0', '--client-metrics-port', '0'];
  child = spawn(process.execPath, ['build/src/demo.mjs', ...options], { cwd: folder, ...user });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text: Buffer) => (output += String(text)));
  const urls = () => Array.from(output.matchAll(/curl (http:\S+)\/metrics/g), ([, url]) => url!);
  await expect.poll(() => urls().length, { timeout: 30_000 }).toBe(2);
  for (const url of urls()) {
    expect((await fetch(`${url}/-/ready`)).status).toBe(200);
    const calls = async () => (await fetch(`${url}/metrics`)).text();
    await expect.poll(calls, { timeout: 20_000 }).toMatch(/^grpc_(client_)?requests_total\{.*status="OK"\} [1-9]/m);
  }
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  for (const path of [folder, ...files()]) chmodSync(path, 0o755);
  expect(files()).toHaveLength(before);
});
