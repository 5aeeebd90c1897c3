import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { OwnerWatch } from '../../src/owner-watch.ts';
import { Book } from '../../src/processes/book.ts';
import { bootMilliseconds } from '../../src/processes/identity.ts';
import { Ledger } from '../../src/processes/ledger.ts';
import { identityOf, Lives, newFolder, newGeneration, readerOf, removeFolders } from './folders.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  removeFolders();
});

/** The owner of port 8000, and a process that watches it. Nobody sweeps. */
function start() {
  const [group, lives] = [newFolder(), new Lives()];
  const ledgers = ['owner', 'other'].map((name) => {
    const own = identityOf(name);
    return new Ledger({ group, sources: [], failed: () => {}, own, lifeOf: lives.of, sweepSeconds: 1000 });
  });
  const [owner, other] = ledgers as [Ledger, Ledger];
  owner.answerOn([8000]);
  const watch = new OwnerWatch(other, 8000);
  open.push(watch, ...ledgers);
  return { owner, other, watch, lives };
}

// Longer than any test may take.
const never = 1e6;

/** Waits until the owner has accepted the connection. */
async function connect(watch: OwnerWatch): Promise<void> {
  expect(await watch.wait(50)).toBe(false);
  await setImmediate();
}

test('the end of the owner is noticed at once', async () => {
  const { owner, watch, lives } = start();
  await connect(watch);
  expect(watch.isWatching).toBe(true);
  const waited = watch.wait(never);
  owner.close();
  lives.kill('owner');
  expect(await waited).toBe(true);
  // Nobody has the port now.
  expect(await watch.wait(1)).toBe(false);
  expect(watch.isWatching).toBe(false);
});

test('an owner that gives the port up is noticed at once', async () => {
  const { owner, watch } = start();
  await connect(watch);
  const waited = watch.wait(never);
  owner.answerOn([]);
  expect(await waited).toBe(true);
});

test('the next owner is watched, also if the first one is still taken for alive', async () => {
  const { owner, other, watch } = start();
  await connect(watch);
  owner.close();
  expect(await watch.wait(never)).toBe(true);
  other.answerOn([8000]);
  expect(await watch.wait(50)).toBe(false);
  expect(watch.isWatching).toBe(true);
});

test('an owner that cannot be watched is asked for once, and never again', async () => {
  const { owner, watch } = start();
  rmSync(join(owner.folder, 'owner.life'));
  expect(await watch.wait(never)).toBe(true);
  for (let waits = 0; waits < 20; waits += 1) expect(await watch.wait(1)).toBe(false);
  expect(watch.isWatching).toBe(false);
});

test('a watch that is closed waits no longer', async () => {
  const { watch } = start();
  expect(await watch.wait(50)).toBe(false);
  const waited = watch.wait(never);
  watch.close();
  expect(await waited).toBe(false);
});

test('the heir is the first by name of those that wait for the port, live, and are not late', () => {
  const [folder, lives] = [newGeneration(), new Lives()];
  const begin = (name: string, takes: readonly number[], ports: readonly number[] = [], beat = bootMilliseconds()) => {
    const book = new Book(folder, { ...identityOf(name), worker: 0, created: 1, ports, takes });
    book.beat(beat);
    book.publish(`${name}.book`);
    open.push(book);
  };
  begin('a', []);
  begin('aa', [8000], [8000]);
  begin('b', [9000]);
  begin('c', [8000], [], bootMilliseconds() - 60_000);
  begin('d', [8000]);
  begin('e', [9000, 8000]);
  lives.kill('d');
  const shelf = readerOf(folder, lives);
  open.push(shelf);
  shelf.refresh();
  expect(shelf.heirOf(8000)?.file.writer.name).toBe('e');
  expect(shelf.heirOf(9000)?.file.writer.name).toBe('b');
  expect(shelf.heirOf(7000)).toBeUndefined();
});
