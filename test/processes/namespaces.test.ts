import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { newFolder, removeFolders } from './folders.ts';
import { describeWithNamespaces, Namespaced } from './namespaces.ts';

const running: Namespaced[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.end()));
  removeFolders();
});

/** Starts a process in a pid namespace of its own. */
async function start(folder: string, count: number): Promise<Namespaced> {
  const one = await Namespaced.start(folder, count);
  running.push(one);
  return one;
}

/** What a process says of all. */
async function seenBy(one: Namespaced) {
  const scraped = await one.scrape();
  const of = (state: string) => scraped.get(`grpc_vitals_processes{state="${state}"}`);
  const { things, level } = { things: scraped.get('things_total'), level: scraped.get('level') };
  return {
    things,
    level,
    alive: of('alive'),
    late: of('late'),
    deaths: scraped.get('grpc_vitals_process_deaths_total'),
  };
}

function filesOf(folder: string): string[] {
  return readdirSync(join(folder, 'gen-1'));
}

const patience = { timeout: 30_000 };

describeWithNamespaces('processes of several pid namespaces', () => {
  test('one that is killed is folded', { timeout: 60_000 }, async () => {
    const folder = newFolder();
    const [killed, other] = [await start(folder, 100), await start(folder, 1)];
    await expect.poll(() => seenBy(other), patience).toMatchObject({ things: 101, level: 101, alive: 2, deaths: 0 });
    running.splice(running.indexOf(killed), 1);
    await killed.kill();
    await expect.poll(() => seenBy(other), patience).toEqual({ things: 101, level: 1, alive: 1, late: 0, deaths: 1 });
    const left = () =>
      filesOf(folder)
        .map((name) => name.replace(/^.*\./, ''))
        .sort();
    await expect.poll(left, patience).toEqual(expect.not.arrayContaining(['retired-0']));
    expect(left().filter((ending) => ['book', 'life'].includes(ending))).toEqual(['book', 'life']);
  });

  test('one that stands still lives, also for a process that comes later', { timeout: 120_000 }, async () => {
    const folder = newFolder();
    const [still, other] = [await start(folder, 100), await start(folder, 1)];
    await expect.poll(() => seenBy(other), patience).toMatchObject({ things: 101, alive: 2 });
    still.signal('SIGSTOP');
    const later = await start(folder, 10);
    for (const one of [other, later]) {
      await expect.poll(() => seenBy(one), patience).toEqual({ things: 111, level: 111, alive: 2, late: 1, deaths: 0 });
    }
    expect(existsSync(join(folder, 'gen-1', 'retired-0'))).toBe(true);
    still.signal('SIGCONT');
    for (const one of [other, later, still]) {
      await expect.poll(() => seenBy(one), patience).toEqual({ things: 111, level: 111, alive: 3, late: 0, deaths: 0 });
    }
    expect(existsSync(join(folder, 'gen-1', 'retired-0'))).toBe(true);
  });

  test('one that is killed while it stands still is folded', { timeout: 60_000 }, async () => {
    const folder = newFolder();
    const [killed, other] = [await start(folder, 100), await start(folder, 1)];
    await expect.poll(() => seenBy(other), patience).toMatchObject({ things: 101, alive: 2 });
    killed.signal('SIGSTOP');
    running.splice(running.indexOf(killed), 1);
    await killed.kill();
    await expect.poll(() => seenBy(other), patience).toEqual({ things: 101, level: 1, alive: 1, late: 0, deaths: 1 });
  });
});
