import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const path = fileURLToPath(new URL('nest-program.ts', import.meta.url));
const ways: [name: string, env: Record<string, string>][] = [
  ['shutdownOn() beside the hooks of NestJS, which sends the signal again', {}],
  ['lastScrape() in a hook of NestJS, which ends the process', { EXIT: 'nest' }],
];
test.each(ways)('%s: the process ends with the last scrape', { timeout: 60_000 }, async (_name, env) => {
  const options = {
    stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  };
  const child = spawn(process.execPath, ['--import', 'tsx', path], options);
  closing.push(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value);
  child.kill('SIGTERM');
  expect((await lines.next()).value).toBe('closed');
  const answers = new Set<number | string>();
  const scrape = async () => {
    const headers = { 'x-prometheus-scrape-timeout-seconds': '10' };
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers }).catch(() => undefined);
    answers.add(answer?.status ?? 'gone');
    return answers;
  };
  // The first one may come before the wait has begun.
  await expect.poll(scrape, { timeout: 30_000 }).toEqual(new Set([200, 'gone']));
  expect(await ended).toEqual([0, null]);
});
