import { expect, test } from 'vitest';
import { measureReading, measureWriting, sizeRead, sizeWritten, startWriting } from './sizes.ts';

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

test('what is serialized while a message is sent is its size, what comes later is told', () => {
  const later: number[] = [];
  const write = measureWriting(
    () => Buffer.alloc(8),
    (bytes) => later.push(bytes),
  );
  startWriting();
  write('now');
  expect(sizeWritten()).toBe(8);
  startWriting();
  expect(sizeWritten()).toBeUndefined();
  write('later');
  expect(later).toEqual([8]);
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
