import { chmodSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { Book } from '../../src/processes/book.ts';
import { isInMemory, privateFolder, userFolder } from '../../src/processes/folder.ts';
import { type Identity, identify, type Life, lifeOf } from '../../src/processes/identity.ts';
import { Ledger } from '../../src/processes/ledger.ts';
import { Lifeline } from '../../src/processes/lifeline.ts';
import { Lifelines } from '../../src/processes/lifelines.ts';
import { lifeReader } from '../../src/processes/shelf.ts';
import { booksIn, identityOf, newFolder, removeFolders } from './folders.ts';

const open: { close(): void }[] = [];
const { getuid } = process;
afterEach(() => {
  for (const one of open.splice(0).toReversed()) one.close();
  process.getuid = getuid!;
  removeFolders();
});

/** As on macOS and Windows. */
const withoutProc = (platform: NodeJS.Platform): Identity => identify('/none', platform);

// Larger than the kernel's largest number of a process.
const nobody = 2 ** 30;

const lives: [name: string, platform: NodeJS.Platform, change: Partial<Identity>, expected: Life][] = [
  ['itself', 'darwin', {}, 'alive'],
  ['itself, on a Linux without /proc', 'linux', {}, 'alive'],
  ['a process that is gone', 'darwin', { pid: nobody }, 'dead'],
  ['a process that is gone', 'win32', { pid: nobody }, 'dead'],
  ['a process with a number that is in use', 'darwin', { pid: process.ppid }, 'unknown'],
  ['another thread of the process', 'win32', { thread: 77 }, 'unknown'],
  ['a number that says nothing, as it may be of a pid namespace', 'linux', { pid: nobody, namespace: 'x' }, 'unknown'],
];
test.each(lives)('without /proc, what is known of the life of %s (%s)', (_name, platform, change, expected) => {
  const own = withoutProc(platform);
  expect(lifeOf({ ...own, ...change }, own)).toBe(expected);
});

test('without /proc a thread that has ended is folded, although its process lives', async () => {
  const own = withoutProc('darwin');
  const group = newFolder();
  const ledger = new Ledger({ group, sources: [], failed: () => {}, own, lifeOf: lifeReader(own), sweepSeconds: 0.02 });
  const { folder } = ledger;
  const book = new Book(folder, { ...own, name: 'thread', thread: 77, worker: 1, created: 1, ports: [] });
  const lifeline = new Lifeline(folder, 'thread');
  open.push(ledger, book, lifeline);
  book.publish('thread.book');
  const lifeOfThread = () => ledger.shelf.processes.find(({ file }) => file.writer.name === 'thread')?.life;
  await expect.poll(lifeOfThread).toBe('alive');
  lifeline.close();
  await expect.poll(() => booksIn(folder)).toEqual([`${own.name}.book`, 'retired-1']);
});

// Where there are no pipes of Windows, its names are those of sockets in the working folder. They go with their socket, as pipes do.
test.skipIf(process.platform === 'win32')(
  'as on Windows: a pipe that was there and is not any more has died',
  async () => {
    const folder = newFolder();
    const name = `test-${process.pid}-${Date.now()}`;
    const lifelines = new Lifelines(folder, () => 'unknown', 'win32');
    open.push(lifelines);
    const look = () => {
      lifelines.follow([identityOf(name)]);
      return lifelines.lifeOf(identityOf(name));
    };
    // One that has not been seen may have none.
    for (let turns = 0; turns < 10; turns += 1) {
      expect(look()).toBe('unknown');
      await turn();
    }
    const lifeline = new Lifeline(folder, name, 'win32');
    open.push(lifeline);
    expect(readdirSync(folder)).toEqual([]);
    expect(lifeline.isIn('/none')).toBe(true);
    await expect.poll(look).toBe('alive');
    // The next book of the same name has the same pipe.
    expect(lifeline.isFor(name)).toBe(true);
    lifeline.share().close();
    for (let turns = 0; turns < 10; turns += 1) {
      expect(look()).toBe('alive');
      await turn();
    }
    lifeline.close();
    await expect.poll(look).toBe('dead');
  },
);

test('as on Windows: nobody owns a folder, and modes say nothing', () => {
  const folder = newFolder();
  chmodSync(folder, 0o755);
  expect(() => privateFolder(folder)).toThrow('mode 755');
  process.getuid = undefined as never; // as it is there
  expect(privateFolder(folder)).toBe(folder);
  expect(userFolder(folder)).toBe(join(folder, 'grpc-vitals-user'));
});

test.skipIf(isInMemory(tmpdir()))('a folder on a disk: one warning, and all works', async () => {
  const warnings: string[] = [];
  const logger = { warn: (message: string) => warnings.push(message) };
  const folder = newFolder();
  const both = [1, 2].map(() => new GrpcMetrics({ processes: { folder }, logger }));
  for (const metrics of both) metrics.counter({ name: 'things_total', help: 'Things' }).inc();
  await turn();
  const { body } = await both[0]!.render();
  expect(String(body)).toContain('things_total 2\n');
  for (const metrics of both) await metrics.close();
  expect(warnings).toHaveLength(2); // one of each process
  expect(new Set(warnings).size).toBe(1);
  expect(warnings[0]).toContain('is not in memory');
});
