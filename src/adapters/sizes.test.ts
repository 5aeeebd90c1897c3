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

test('a message has the size of what it was read from, in whatever order messages are handed on', () => {
  const read = measureReading(parse);
  const [one, two, three] = [1, 20, 300].map((size) => read(Buffer.alloc(size)));
  expect([two, three, one].map(sizeRead)).toEqual([20, 300, 1]);
});

test('a message that is no object has its size where it is handed on at once', () => {
  const read = measureReading(String);
  expect(sizeRead(read(Buffer.from('four')))).toBe(4);
  expect(sizeRead('four')).toBeUndefined();
});

test.each([undefined, null, 'text', {}, []])('what was not read has no size: %j', (message) => {
  const read = measureReading(parse);
  sizeRead(read(Buffer.alloc(7)));
  expect(sizeRead(message)).toBeUndefined();
});

test('what a function of the user throws goes on, and what was read before keeps its size', () => {
  const read = measureReading(parse);
  const before = read(Buffer.alloc(3));
  const broken = measureReading(() => {
    throw new Error('does not parse');
  });
  expect(() => broken(Buffer.alloc(9))).toThrow('does not parse');
  expect(sizeRead(before)).toBe(3);
});

test('both functions are called on what they were called on', () => {
  const of = {
    prefix: 'p',
    read: measureReading(function join(this: unknown, bytes) {
      return (this as { prefix: string }).prefix + bytes.length;
    }),
    write: measureWriting(
      function join(this: unknown, message) {
        return Buffer.from((this as { prefix: string }).prefix + String(message));
      },
      () => {},
    ),
  };
  expect(of.read(Buffer.from('x'))).toBe('p1');
  expect(of.write('x')).toEqual(Buffer.from('px'));
});

test('what is serialized while a message is sent is its size', () => {
  const strange: number[] = [];
  const write = measureWriting(
    () => Buffer.alloc(8),
    (bytes) => strange.push(bytes),
  );
  startWriting();
  write('now');
  expect(sizeWritten()).toBe(8);
  startWriting();
  expect(sizeWritten()).toBeUndefined();
  write('from somebody else');
  expect(strange).toEqual([8]);
});

test('what was held back has its size when it has been serialized, also where it is sent by several calls', () => {
  const strange: number[] = [];
  const write = measureWriting(
    (message) => message as Buffer,
    (bytes) => strange.push(bytes),
  );
  const [one, two] = [Buffer.alloc(1), Buffer.alloc(20)];
  for (const message of [one, two]) holdBack(message);
  expect(sizeHeldBack(two)).toBeUndefined();
  write(two);
  holdBack(two);
  expect([one, two].map(sizeHeldBack)).toEqual([undefined, 20]);
  write(one);
  expect([one, two].map(sizeHeldBack)).toEqual([1, 20]);
  expect(strange).toEqual([]);
  holdBack('text');
  expect(sizeHeldBack('text')).toBeUndefined();
});

test('a serializer that gives nothing does not throw here', () => {
  const write = measureWriting(
    () => undefined as never,
    () => {},
  );
  startWriting();
  expect(write('x')).toBeUndefined();
  expect(sizeWritten()).toBe(0);
});
