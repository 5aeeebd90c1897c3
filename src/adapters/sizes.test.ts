import { expect, test } from 'vitest';
import {
  holdBack,
  measureReading,
  measureWriting,
  sizeHeldBack,
  sizeRead,
  sizeWritten,
  startWriting,
} from './sizes.ts';

const parse = (bytes: { readonly length: number }) => ({ of: bytes });

/** Sizes that are counted when a message is read, or left to be asked for; with what was counted. */
function sizes(isCounted = false) {
  const counted: number[] = [];
  const stray: number[] = [];
  return {
    counted,
    stray,
    countRead: (bytes: number) => {
      if (isCounted) counted.push(bytes);
      return isCounted;
    },
    countStray: (bytes: number) => void stray.push(bytes),
  };
}

test('a size is counted when the message is read, and then the message has none', () => {
  const all = sizes(true);
  const read = measureReading(parse, all);
  const [one, two] = [1, 20].map((size) => read(Buffer.alloc(size)));
  expect([one, two].map(sizeRead)).toEqual([undefined, undefined]);
  expect(all.counted).toEqual([1, 20]);
});

test('a message has the size of what it was read from, in whatever order messages are handed on', () => {
  const read = measureReading(parse, sizes());
  const [one, two, three] = [1, 20, 300].map((size) => read(Buffer.alloc(size)));
  expect([two, three, one].map(sizeRead)).toEqual([20, 300, 1]);
});

test('a message that is no object has its size where it is handed on at once', () => {
  const read = measureReading(String, sizes());
  expect(sizeRead(read(Buffer.from('four')))).toBe(4);
  expect(sizeRead('four')).toBeUndefined();
});

test.each([undefined, null, 'text', {}, []])('what was not read has no size: %j', (message) => {
  const read = measureReading(parse, sizes());
  sizeRead(read(Buffer.alloc(7)));
  expect(sizeRead(message)).toBeUndefined();
});

test('what a function of the user throws goes on, and what was read before keeps its size', () => {
  const read = measureReading(parse, sizes());
  const before = read(Buffer.alloc(3));
  const broken = measureReading(() => {
    throw new Error('does not parse');
  }, sizes());
  expect(() => broken(Buffer.alloc(9))).toThrow('does not parse');
  expect(sizeRead(before)).toBe(3);
});

test('both functions are called on what they were called on', () => {
  const of = {
    prefix: 'p',
    read: measureReading(function join(this: unknown, bytes) {
      return (this as { prefix: string }).prefix + bytes.length;
    }, sizes()),
    write: measureWriting(function join(this: unknown, message) {
      return Buffer.from((this as { prefix: string }).prefix + String(message));
    }, sizes()),
  };
  expect(of.read(Buffer.from('x'))).toBe('p1');
  expect(of.write('x')).toEqual(Buffer.from('px'));
});

test('what is serialized while a message is sent is its size', () => {
  const all = sizes();
  const write = measureWriting(() => Buffer.alloc(8), all);
  startWriting();
  write('now');
  expect(sizeWritten()).toBe(8);
  startWriting();
  expect(sizeWritten()).toBeUndefined();
  write('from somebody else');
  expect(all.stray).toEqual([8]);
});

test('what was held back has its size when it has been serialized, also where it is sent by several calls', () => {
  const all = sizes();
  const write = measureWriting((message) => message as Buffer, all);
  const [one, two] = [Buffer.alloc(1), Buffer.alloc(20)];
  for (const message of [one, two]) holdBack(message);
  expect(sizeHeldBack(two)).toBeUndefined();
  write(two);
  holdBack(two);
  expect([one, two].map(sizeHeldBack)).toEqual([undefined, 20]);
  write(one);
  expect([one, two].map(sizeHeldBack)).toEqual([1, 20]);
  expect(all.stray).toEqual([]);
  holdBack('text');
  expect(sizeHeldBack('text')).toBeUndefined();
});

test('a serializer that gives nothing does not throw here', () => {
  const write = measureWriting(() => undefined as never, sizes());
  startWriting();
  expect(write('x')).toBeUndefined();
  expect(sizeWritten()).toBe(0);
});
