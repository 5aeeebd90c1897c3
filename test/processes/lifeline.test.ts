import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { Life } from '../../src/processes/identity.ts';
import { Lifeline } from '../../src/processes/lifeline.ts';
import { Lifelines } from '../../src/processes/lifelines.ts';
import { identityOf, newFolder, removeFolders } from './folders.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  removeFolders();
});

function listen(folder: string, name: string, platform?: NodeJS.Platform): Lifeline {
  const lifeline = new Lifeline(folder, name, platform);
  open.push(lifeline);
  return lifeline;
}

/** Follows the process `a` as long as the test goes on. */
class Follower {
  readonly seen: Life[] = [];
  readonly #lifelines: Lifelines;

  constructor(folder: string, platform?: NodeJS.Platform) {
    this.#lifelines = new Lifelines(folder, () => 'unknown', platform);
    open.push(this.#lifelines);
  }

  /** As a sweep does. */
  look(): Life {
    this.#lifelines.follow([identityOf('a')]);
    const life = this.#lifelines.lifeOf(identityOf('a'));
    if (this.seen.at(-1) !== life) this.seen.push(life);
    return life;
  }
}

test('a process is known to live as long as it has its socket', async () => {
  const folder = newFolder();
  const lifeline = listen(folder, 'a');
  const follower = new Follower(folder);
  expect(follower.look()).toBe('unknown');
  await expect.poll(() => follower.look()).toBe('alive');
  lifeline.close();
  await expect.poll(() => follower.look()).toBe('dead');
  expect(follower.seen).toEqual(['unknown', 'alive', 'dead']);
});

test('a process that is dead before anybody connects is known to be dead', async () => {
  const folder = newFolder();
  listen(folder, 'a').close();
  const follower = new Follower(folder);
  await expect.poll(() => follower.look()).toBe('dead');
});

test('what the system knows needs no connection', () => {
  const folder = newFolder();
  for (const life of ['alive', 'dead'] as const) {
    const lifelines = new Lifelines(folder, () => life);
    open.push(lifelines);
    lifelines.follow([identityOf('a')]);
    expect(lifelines.lifeOf(identityOf('a'))).toBe(life);
  }
});

test('a process that ends the connections of others, or has no descriptor left for them, is not taken for dead', async () => {
  const folder = newFolder();
  const lifeline = listen(folder, 'a');
  const follower = new Follower(folder);
  await expect.poll(() => follower.look()).toBe('alive');
  for (let round = 0; round < 20; round += 1) {
    lifeline.release();
    await turn();
    follower.look();
  }
  await expect.poll(() => follower.look()).toBe('alive');
  expect(follower.seen).not.toContain('dead');
});

test('a socket that somebody has removed proves nothing', async () => {
  const folder = newFolder();
  const lifeline = listen(folder, 'a');
  const follower = new Follower(folder);
  await expect.poll(() => follower.look()).toBe('alive');
  rmSync(join(folder, 'a.life'));
  lifeline.release();
  await expect.poll(() => follower.look()).toBe('unknown');
  expect(lifeline.isIn(folder)).toBe(false);
  listen(folder, 'a'); // as its next sweep does
  await expect.poll(() => follower.look()).toBe('alive');
  expect(follower.seen).not.toContain('dead');
});

test('a process that begins another book is not taken for dead', async () => {
  const folder = newFolder();
  const first = listen(folder, 'a');
  const follower = new Follower(folder);
  await expect.poll(() => follower.look()).toBe('alive');
  const second = listen(folder, 'a');
  first.close();
  for (let turns = 0; turns < 20; turns += 1) {
    await turn();
    follower.look();
  }
  await expect.poll(() => follower.look()).toBe('alive');
  expect(follower.seen).not.toContain('dead');
  second.close();
  await expect.poll(() => follower.look()).toBe('dead');
});

const platforms: NodeJS.Platform[] = process.platform === 'linux' ? ['linux', 'darwin'] : [process.platform];
test.each(platforms)('a folder with a path that is too long for a socket, as on %s', async (platform) => {
  const folder = join(newFolder(), 'x'.repeat(100), 'y'.repeat(100));
  mkdirSync(folder, { recursive: true });
  const links = () => readdirSync('/tmp').filter((name) => name.startsWith('grpc-vitals-') && name.length === 24);
  const before = links();
  const lifeline = listen(folder, 'a', platform);
  expect(readdirSync(folder)).toEqual(['a.life']);
  const follower = new Follower(folder, platform);
  await expect.poll(() => follower.look()).toBe('alive');
  lifeline.close();
  await expect.poll(() => follower.look()).toBe('dead');
  expect(links().filter((name) => !before.includes(name))).toEqual([]);
});

test('neither end keeps a process alive', async () => {
  const folder = newFolder();
  const held = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('Pipe'));
  const before = held();
  listen(folder, 'a');
  const follower = new Follower(folder);
  await expect.poll(() => follower.look()).toBe('alive');
  await turn();
  expect(held()).toEqual(before);
});

test('a folder that is gone has no sockets', async () => {
  const folder = join(newFolder(), 'none');
  expect(() => new Lifeline(folder, 'a')).toThrow('no socket can be made');
  const follower = new Follower(folder);
  follower.look();
  await turn();
  expect(follower.look()).toBe('unknown');
});
