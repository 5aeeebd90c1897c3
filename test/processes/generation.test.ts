import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Book } from '../../src/processes/book.ts';
import { findBase, privateFolder, userFolder } from '../../src/processes/folder.ts';
import { joinGeneration, newestGeneration, removeAbandoned, removeIfLast } from '../../src/processes/generation.ts';
import type { Life } from '../../src/processes/identity.ts';
import { identityOf, Lives, newFolder, readerOf, removeFolders } from './folders.ts';

afterEach(removeFolders);

/** Joins a group as the process of this name. */
function enter(group: string, name: string, lives: Lives, step?: (name: string) => void) {
  const openBook = (folder: string) => {
    const book = new Book(folder, { ...identityOf(name), worker: 0, created: 1, ports: [] });
    book.publish(`${name}.book`);
    return book;
  };
  const own = identityOf(name);
  return joinGeneration(group, openBook, { own, lifeOf: lives.of, now: () => 77, ...(step && { step }) });
}

test('the first process begins a generation, further ones join it', () => {
  const [group, lives] = [newFolder(), new Lives()];
  const first = enter(group, 'a', lives);
  const second = enter(group, 'b', lives);
  expect([first.number, second.number, first.folder]).toEqual([1, 1, join(group, 'gen-1')]);
  expect(readdirSync(first.folder).sort()).toEqual(['a.book', 'b.book', 'retired-0']);
  const shelf = readerOf(first.folder, lives);
  shelf.refresh();
  expect(shelf.retired.file.writer.created).toBe(77);
});

test('when no process lives, the next one begins anew and removes what was', () => {
  const [group, lives] = [newFolder(), new Lives()];
  enter(group, 'a', lives);
  lives.kill('a');
  expect(enter(group, 'b', lives).number).toBe(2);
  expect(readdirSync(group)).toEqual(['gen-2']);
});

test('a process that ended its book does not keep a generation alive', () => {
  const [group, lives] = [newFolder(), new Lives()];
  const { book } = enter(group, 'a', lives);
  book.end();
  book.flush();
  expect(enter(group, 'b', lives).number).toBe(2);
});

const steps = ['listed', 'saw nobody', 'tried to begin'];
test.each(steps)(
  'two processes that begin at the same time share one generation: one is between, when the other has %s',
  (at) => {
    const [group, lives] = [newFolder(), new Lives()];
    let other: { folder: string } | undefined;
    const own = enter(group, 'a', lives, (step) => {
      if (step === at) other ??= enter(group, 'b', lives);
    });
    expect(other?.folder).toBe(own.folder);
    expect(readdirSync(own.folder).sort()).toEqual(['a.book', 'b.book', 'retired-0']);
    expect(readdirSync(group)).toEqual(['gen-1']);
  },
);

test('a generation that goes while a process joins it is followed by the next one', () => {
  const [group, lives] = [newFolder(), new Lives()];
  enter(group, 'a', lives);
  const joined = enter(group, 'b', lives, (step) => {
    if (step !== 'saw a living one' || newestGeneration(group) > 1) return;
    lives.kill('a');
    enter(group, 'c', lives);
  });
  expect(joined.number).toBe(2);
});

test('a book that cannot be read keeps its generation: it may be of a later version', () => {
  const [group, lives] = [newFolder(), new Lives()];
  const { folder } = enter(group, 'a', lives);
  lives.kill('a');
  writeFileSync(join(folder, 'z.book'), 'what');
  expect(enter(group, 'b', lives).number).toBe(1);
});

const lifeOf = (life: Life) => () => life;

test('groups in which nobody lives are removed; others, and one that is being begun, stay', () => {
  const [user, lives] = [newFolder(), new Lives()];
  const groups = ['dead', 'alive', 'mine'].map((name) => join(user, name));
  for (const [index, group] of groups.entries()) {
    mkdirSync(group);
    enter(group, `p${index}`, lives);
  }
  lives.kill('p0', 'p2');
  removeAbandoned(user, groups[2]!, lives.of);
  expect(readdirSync(user).sort()).toEqual(['alive', 'mine']);
  removeAbandoned(user, '', lifeOf('unknown'));
  expect(readdirSync(user).sort()).toEqual(['alive', 'mine']);
});

test('the last process that ends takes the group with it', () => {
  const [group, lives] = [newFolder(), new Lives()];
  enter(group, 'a', lives);
  enter(group, 'b', lives);
  removeIfLast(group, identityOf('a'), lives.of);
  expect(existsSync(group)).toBe(true);
  lives.kill('a');
  removeIfLast(group, identityOf('b'), lives.of);
  expect(existsSync(group)).toBe(false);
});

test('a folder is made for this user alone', () => {
  const base = newFolder();
  const user = userFolder(base);
  expect(user).toBe(join(base, `grpc-vitals-${process.getuid!()}`));
  expect(userFolder(base)).toBe(user);
});

const unsafe: [name: string, make: (path: string) => void, problem: string][] = [
  [
    'that others can read',
    (path) => chmodSync(mkdirSync(path, { recursive: true })!, 0o755),
    'can be read by others (mode 755)',
  ],
  ['that is a link', (path) => symlinkSync(mkdirSync(`${path}-real`, { recursive: true })!, path), 'is not a folder'],
];
test.each(unsafe)('a folder %s is refused', (_name, make, problem) => {
  const path = join(newFolder(), 'x');
  make(path);
  expect(() => privateFolder(path)).toThrow(problem);
});

test('without a folder for files in memory it is the temporary one', () => {
  expect(findBase(join(newFolder(), 'none')).isMemory).toBe(false);
  const folder = newFolder();
  expect(findBase(folder)).toEqual({ path: folder, isMemory: true });
});
