import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { untilExit } from '../support/wait.ts';
import { newFolder, removeFolders } from './folders.ts';
import { numbersIn, type Scraped } from './watch.ts';

let child: ChildProcess | undefined;
afterEach(async () => {
  if (child?.connected === true) child.disconnect();
  if (child !== undefined) await untilExit(child);
  removeFolders();
});

test('worker threads are in the sum, without access to their Worker objects', { timeout: 60_000 }, async () => {
  const program = fileURLToPath(new URL('./threads.mjs', import.meta.url));
  child = fork(program, [newFolder()], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const answer = async (message: string): Promise<Scraped> => {
    child!.send(message);
    return numbersIn(String((await once(child!, 'message'))[0]));
  };
  const seen = async (message: string) => {
    const scraped = await answer(message);
    const own = (name: string) => [...scraped.keys()].filter((series) => series.startsWith(name)).length;
    // The process is one: only its main thread tells of it.
    const { things, level } = { things: scraped.get('things_total'), level: scraped.get('level') };
    return { things, level, processes: own('process_cpu'), heaps: own('nodejs_heap_size_used_bytes') };
  };
  const patience = { timeout: 20_000 };
  await expect.poll(() => seen('scrape'), patience).toEqual({ things: 21, level: 21, processes: 1, heaps: 3 });
  expect(await seen('terminate')).toEqual({ things: 21, level: 11, processes: 1, heaps: 2 });
});

test('a thread that waits in the middle of a turn, and is ended there, has written its numbers', async () => {
  const program = fileURLToPath(new URL('./waiting-thread.mjs', import.meta.url));
  child = fork(program, [newFolder()], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [scrapes] = (await once(child, 'message')) as [string[]];
  expect(scrapes.map((text) => numbersIn(text).get('things_total'))).toEqual([10, 10]);
});
