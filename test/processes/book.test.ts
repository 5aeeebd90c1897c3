import { readFileSync, statSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Book, type BookOptions } from '../../src/processes/book.ts';
import { BookFile } from '../../src/processes/book-file.ts';
import { readExemplars } from '../../src/processes/exemplar-cell.ts';
import type { ReadRow } from '../../src/processes/read-rows.ts';
import type { WriteSync } from '../../src/processes/region.ts';
import { EntityRows } from '../../src/processes/rows.ts';
import { identityOf, newFolder, ones, removeFolders } from './folders.ts';

afterEach(removeFolders);

const who = { ...identityOf('a'), worker: 3, created: 5, ports: [8000] };

function newBook(options: BookOptions = {}) {
  const folder = newFolder();
  const book = new Book(folder, who, options);
  book.publish('a.book');
  return { folder, book, rows: new EntityRows(book, ['thing', 'x'], { help: 'h' }), path: join(folder, 'a.book') };
}

/** What a reader sees: by part, the values. */
function read(file: BookFile): Record<string, number[]> {
  file.read();
  return Object.fromEntries(file.rows.map((row) => [row.part, [...valuesOf(row)]]));
}

test('a reader sees who writes, and every row with what it is', () => {
  const { book, rows, path } = newBook();
  rows.put('some', 'sum', [1, 2, 3], 7);
  rows.put('level', 'max', [-1]);
  rows.putHistogram('sizes', 'sum', { labels: {}, bounds: [1, 2], buckets: [4, 5, 6], sum: 7.5 }, 9);
  book.beat(123);
  book.flush();
  const file = new BookFile(path);
  expect(file.writer).toEqual(who);
  expect(file.beat).toBe(123);
  expect(file.hasEnded).toBe(false);
  const all = file.rows.map((row) => {
    const { entity, part, rule, created, bounds } = row;
    return [entity, part, rule, created, bounds, [...valuesOf(row)]];
  });
  const entity = { key: ['thing', 'x'], meta: { help: 'h' } };
  expect(all).toEqual([
    [entity, 'some', 'sum', 7, undefined, [1, 2, 3]],
    [entity, 'level', 'max', undefined, undefined, [-1]],
    [entity, 'sizes', 'sum', 9, [1, 2], [4, 5, 6, 7.5]],
  ]);
});

test('a reader follows rows that are added and changed, over many regions', () => {
  const { book, rows, path } = newBook();
  const file = new BookFile(path);
  for (let row = 0; row < 5000; row += 1) {
    rows.put(`row ${row}`, 'sum', [row, row * 2]);
    if (row % 500 === 0) book.flush();
  }
  rows.put('row 0', 'sum', [8, 9]);
  expect(Object.keys(read(file))).toHaveLength(4501);
  book.flush();
  const seen = read(file);
  expect(Object.keys(seen)).toHaveLength(5000);
  expect([seen['row 0'], seen['row 4999']]).toEqual([
    [8, 9],
    [4999, 9998],
  ]);
  expect(statSync(path).size).toBe(book.bytes);
});

test('a reader never takes a sum that is smaller than before; a gauge may fall', () => {
  const { book, rows, path } = newBook();
  const file = new BookFile(path);
  for (const value of [5, 3]) {
    rows.put('sum', 'sum', [value]);
    rows.put('level', 'gauge', [value]);
    rows.putHistogram('below 0', 'sum', { labels: {}, bounds: [-1], buckets: [value, value], sum: -value }, 0);
    book.flush();
    file.read();
  }
  expect(read(file)).toEqual({ sum: [5], level: [3], 'below 0': [5, 5, -3] });
});

test('label sets that come and go use the same space', () => {
  const { book, rows, path } = newBook();
  const file = new BookFile(path);
  for (let round = 0; round < 200; round += 1) {
    for (const part of rows.parts()) rows.remove(part);
    for (let row = 0; row < 20; row += 1)
      rows.put(
        `${round} ${row}`,
        'sum',
        ones(20).map(() => round),
      );
    book.flush();
    const seen = Object.entries(read(file));
    expect(seen.map(([part]) => part)).toEqual(Array.from({ length: 20 }, (_, row) => `${round} ${row}`));
    expect(seen.every(([, values]) => values.every((value) => value === round))).toBe(true);
  }
  const values = file.rows.map(({ at }) => at);
  expect(new Set(values).size).toBe(20);
  expect(book.isWasteful).toBe(true);
  expect(book.bytes).toBeLessThan(1_000_000);
});

test('space is used again only when readers can know that it is free', () => {
  const { book, rows, path } = newBook();
  const placeOf = (part: string) => new BookFile(path).rows.find((row) => row.part === part)!.at;
  rows.put('a', 'sum', [1, 2, 3]);
  book.flush();
  const place = placeOf('a');
  rows.remove('a');
  rows.put('b', 'sum', [4, 5, 6]);
  book.flush();
  expect(placeOf('b')).not.toBe(place);
  rows.put('c', 'sum', [7, 8, 9]);
  book.flush();
  expect(placeOf('c')).toBe(place);
});

test('a reader does not take a copy that the writer has begun to write again', () => {
  const { book, rows, path } = newBook();
  const exemplar = (value: number) => ({ labels: { trace_id: `trace ${value}` }, value, timestamp: value });
  const put = (value: number) => {
    rows.put('x', 'sum', [value]);
    rows.putExemplars('x', [exemplar(value)]);
    book.flush();
  };
  let step = () => {};
  put(1);
  const file = new BookFile(path, () => step());
  put(2);
  step = () => {
    step = () => {};
    put(3);
    // What a writer has done in the middle of its next write.
    const bytes = readFileSync(path);
    bytes.write('trace 9', bytes.indexOf('trace 2'));
    writeFileSync(path, bytes);
  };
  file.read();
  const content = readExemplars(file.rows[0]!.cells.get('exemplars')!.content!);
  expect(content).toEqual([[0, exemplar(3)]]);
});

test('a writer that adds and takes out rows all the time holds up no reader, and no row has the numbers of another', () => {
  const { book, rows, path } = newBook();
  let [round, readings] = [0, 0];
  const change = () => {
    round += 1;
    rows.put(`row ${round}`, 'sum', [round, round]);
    rows.putExemplars(`row ${round}`, [{ labels: { trace_id: 'x' }, value: round, timestamp: round }]);
    rows.remove(`row ${round - 3}`);
    rows.put('stays', 'sum', [round]);
    book.flush();
  };
  for (let count = 0; count < 5; count += 1) change();
  let isWriting = false;
  const file = new BookFile(path, () => {
    if (isWriting) for (let count = 0; count < 7; count += 1) change();
  });
  isWriting = true;
  for (; readings < 50; readings += 1) {
    const before = round;
    const { stays, ...others } = read(file);
    expect(stays![0]).toBeGreaterThan(before);
    for (const [part, values] of Object.entries(others)) expect([part.slice(4), '0']).toContain(String(values[0]));
    for (const { part, cells } of file.rows) {
      const content = cells.get('exemplars')?.content;
      if (content !== undefined) expect(`row ${readExemplars(content)[0]![1].value}`).toBe(part);
    }
  }
  isWriting = false;
  expect(read(file)).toEqual({
    stays: [round],
    ...Object.fromEntries([2, 1, 0].map((ago) => [`row ${round - ago}`, [round - ago, round - ago]])),
  });
});

test('rows that are added while a book is read are there at the next reading, also where the process has ended', () => {
  const { book, rows, path } = newBook();
  rows.put('first', 'sum', [1]);
  book.flush();
  let step = () => {};
  const file = new BookFile(path, () => step());
  step = () => {
    step = () => {};
    rows.put('first', 'sum', [2]);
    rows.put('second', 'sum', [3]);
    book.flush();
  };
  expect(read(file)).toEqual({ first: [2] });
  expect(read(file)).toEqual({ first: [2], second: [3] });
  // The end was seen, and the text of the same write was not.
  book.end();
  book.flush();
  step = () => {
    step = () => {};
    rows.put('last', 'sum', [4]);
    book.flush();
  };
  expect(read(file)).toEqual({ first: [2], second: [3], last: [4] });
});

test('a budget: rows without room are refused until the next beat, and those that are there go on', () => {
  let isAllowed = true;
  const { book, rows, path } = newBook({ allow: () => isAllowed });
  rows.put('first', 'sum', [1]);
  isAllowed = false;
  rows.put('large', 'sum', ones(5000));
  rows.put('first', 'sum', [2]);
  book.flush();
  expect(read(new BookFile(path))).toEqual({ first: [2] });
  expect(book.refused).toBe(1);
  isAllowed = true;
  rows.put('large', 'sum', ones(5000));
  expect(book.refused).toBe(2);
  book.beat(1);
  rows.put('large', 'sum', ones(5000));
  book.flush();
  expect(Object.keys(read(new BookFile(path)))).toEqual(['first', 'large']);
});

/** A disk with room for so many bytes. A full one first writes fewer bytes than asked for, and then throws. */
class SmallDisk {
  size: number;
  readonly #code: string;

  constructor(size: number, code = 'ENOSPC') {
    this.size = size;
    this.#code = code;
  }

  readonly write: WriteSync = (file, bytes, offset, length, position) => {
    const fits = Math.min(length, this.size - position);
    if (fits <= 0) throw Object.assign(new Error('the disk is full'), { code: this.#code });
    return writeSync(file, bytes, offset, fits, position);
  };
}

test.each([['ENOSPC'], ['EDQUOT'], ['EFBIG']])(
  'a full disk (%s): what is there goes on, and what had no room is there when there is some',
  (code) => {
    const disk = new SmallDisk(50_000, code);
    const { book, rows, path } = newBook(disk);
    rows.put('first', 'sum', [1]);
    rows.put('large', 'sum', ones(5000));
    rows.put('after', 'sum', [1]);
    rows.put('first', 'sum', [2]);
    book.flush();
    expect(read(new BookFile(path))).toEqual({ first: [2] });
    expect(book.refused).toBe(2);
    // The short write has left bytes that no header names.
    expect(statSync(path).size).toBe(50_000);
    disk.size = Infinity;
    book.beat(1);
    rows.put('large', 'sum', ones(5000));
    rows.put('after', 'sum', [1]);
    book.flush();
    expect(read(new BookFile(path))).toEqual({ first: [2], large: ones(5000), after: [1] });
    expect(statSync(path).size).toBe(book.bytes);
  },
);

test('a row that is removed while the text has no room is removed when it has', () => {
  const disk = new SmallDisk(1e6);
  const { book, rows, path } = newBook(disk);
  let row = 0;
  for (; book.refused === 0; row += 1) {
    if (row === 10) disk.size = book.bytes;
    rows.put(`row ${row}`, 'sum', [row]);
  }
  rows.remove('row 0');
  book.flush();
  expect(Object.keys(read(new BookFile(path)))).toContain('row 0');
  disk.size = Infinity;
  book.beat(1);
  book.flush();
  expect(Object.keys(read(new BookFile(path)))).not.toContain('row 0');
});

test('any other error of the disk is thrown', () => {
  const { rows } = newBook(new SmallDisk(20_000, 'EIO'));
  expect(() => rows.put('large', 'sum', ones(5000))).toThrow('the disk is full');
});

const halves: [name: string, slots: number][] = [
  ['the length of the text', 2],
  ['the number of regions', 5],
  ['the first sizes', 12],
];
test.each(halves)('a reader that sees a header of which only %s is written loses no row', (_name, slots) => {
  let look = () => {};
  const write: WriteSync = (file, bytes, offset, length, position) => {
    const half = slots * 8 - position;
    const isHeader = position < 512 && half > 0 && half < length;
    if (!isHeader) return writeSync(file, bytes, offset, length, position);
    writeSync(file, bytes, offset, half, position);
    look();
    return half + writeSync(file, bytes, offset + half, length - half, position + half);
  };
  const { book, rows, path } = newBook({ write });
  const file = new BookFile(path);
  look = () => file.read();
  for (let row = 0; row < 3000; row += 1) {
    rows.put(`row ${row}`, 'sum', [row + 1]);
    book.flush();
  }
  file.read();
  expect(file.rows.map((row) => [row.part, ...valuesOf(row)])).toEqual(
    Array.from({ length: 3000 }, (_, row) => [`row ${row}`, row + 1]),
  );
});

test('rows that are changed in one turn and lie close together are one write', () => {
  let writes = 0;
  const write: WriteSync = (...bytes) => {
    writes += 1;
    return writeSync(...bytes);
  };
  const { book, rows, path } = newBook({ write });
  const put = (row: number, value: number) => rows.put(`row ${row}`, 'sum', [value, value, value]);
  for (let row = 0; row < 100; row += 1) put(row, 1);
  book.flush();
  writes = 0;
  for (let row = 0; row < 100; row += 5) put(row, 2);
  book.flush();
  // 20 rows of 100, in one region; neither text nor header has changed.
  expect(writes).toBe(1);
  expect(Object.values(read(new BookFile(path))).filter(([value]) => value === 2)).toHaveLength(20);
  book.flush();
  expect(writes).toBe(1);
});

const damages: [name: string, damage: (bytes: Buffer) => void, problem: string][] = [
  ['another version', (bytes) => bytes.writeDoubleLE(2, 0), 'another version'],
  ['a region of no size', (bytes) => bytes.writeDoubleLE(0, 64), 'damaged'],
  ['a region that is not there', (bytes) => bytes.writeDoubleLE(1e5, 64), 'damaged'],
  ['too many regions', (bytes) => bytes.writeDoubleLE(1e9, 32), 'damaged'],
  ['more text than there is', (bytes) => bytes.writeDoubleLE(1e6, 8), 'damaged'],
  ['text that is none', (bytes) => bytes.fill(0x7b, bytes.indexOf('["who"'), bytes.indexOf('["who"') + 5), 'damaged'],
  ['a row outside', (bytes) => replace(bytes, '"sum",576,', '"sum",100,'), 'damaged'],
  ['a row of an unknown rule', (bytes) => replace(bytes, '"sum"', '"mus"'), 'damaged'],
  ['a row of no entity', (bytes) => replace(bytes, '["row",0', '["row",9'), 'damaged'],
];
test.each(damages)('a book that somebody spoilt is refused: %s', (_name, damage, problem) => {
  const { book, rows, path, folder } = newBook();
  rows.put('some', 'sum', [1]);
  book.flush();
  const bytes = readFileSync(path);
  damage(bytes);
  const spoilt = join(folder, 'spoilt.book');
  writeFileSync(spoilt, bytes);
  expect(() => new BookFile(spoilt)).toThrow(problem);
});

test('a row before a damaged line is read once, however often the book is read', () => {
  const { book, rows, path } = newBook();
  const file = new BookFile(path);
  for (const part of ['first', 'second']) rows.put(part, 'sum', [1]);
  book.flush();
  const bytes = readFileSync(path);
  replace(bytes, '"second","sum"', '"second","mus"');
  writeFileSync(path, bytes);
  expect(() => file.read()).toThrow('damaged');
  for (let readings = 0; readings < 3; readings += 1) expect(read(file)).toEqual({ first: [1] });
});

test('a link, a folder and a file that is too large are refused', () => {
  const { path, folder } = newBook();
  symlinkSync(path, join(folder, 'link.book'));
  expect(() => new BookFile(join(folder, 'link.book'))).toThrow('ELOOP');
  expect(() => new BookFile(folder)).toThrow('not a file of this user');
  truncateSync(path, 300 * 2 ** 20);
  expect(() => new BookFile(path)).toThrow('too large');
});

test('a row with labels that are names of an object is a row like any other', () => {
  const { book, path } = newBook();
  const rows = new EntityRows(book, ['__proto__', 'constructor'], JSON.parse('{"__proto__":{"x":1}}'));
  rows.put('__proto__', 'sum', [4]);
  book.flush();
  const [row] = new BookFile(path).rows;
  expect([row!.part, valuesOf(row!)[0], ({} as { x?: number }).x]).toEqual(['__proto__', 4, undefined]);
});

function valuesOf({ values, from, width }: ReadRow): Float64Array {
  return values.subarray(from, from + width);
}

function replace(bytes: Buffer, text: string, by: string): void {
  const at = bytes.indexOf(text);
  if (at < 0) throw new Error(`there is no ${text}: ${bytes.toString('latin1').match(/\["row".*/)?.[0]}`);
  bytes.write(by, at);
}
