import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { runCommand } from '../cli/host.ts';
import { freePort } from '../support/servers/prometheus.ts';

let child: ChildProcess | undefined;
afterEach(() => void child?.kill('SIGKILL'));

test('workers of a cluster that expose one port warn once, and check finds them', { timeout: 60_000 }, async () => {
  const port = await freePort();
  const program = fileURLToPath(new URL('./cluster-program.ts', import.meta.url));
  const stdio = ['ignore', 'ignore', 'pipe', 'ipc'] as const;
  child = spawn(process.execPath, ['--import', 'tsx', program, String(port)], { stdio: [...stdio] });
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child, 'message');
  const { code, out } = await runCommand(['check', `127.0.0.1:${port}`]);
  expect(out).toMatch(
    /endpoint: two scrapes over two connections were answered by different processes: .* \(give each/,
  );
  expect(code).toBe(0);
  const warning = 'GrpcVitalsWarning: expose() in one process of several (node:cluster): a scrape sees one of them';
  await expect.poll(() => said.split(warning)).toHaveLength(3);
});

test('one process has no such finding', async () => {
  const endpoint = await new GrpcMetrics().expose({ port: 0, host: '127.0.0.1' });
  const { out } = await runCommand(['check', endpoint.url]);
  await endpoint.close();
  expect(out).toContain('no problem');
});
