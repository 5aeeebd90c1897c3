import { expect, test } from 'vitest';
import { writeWhole } from './region.ts';

test('a short write is continued, and the error that follows it is thrown', () => {
  const written: [length: number, position: number][] = [];
  const write = (_file: number, _bytes: Uint8Array, _offset: number, length: number, position: number) => {
    written.push([length, position]);
    if (written.length === 3) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    return Math.min(length, 40);
  };
  expect(() => writeWhole(0, new Uint8Array(100), 1000, write)).toThrow('no space left');
  expect(written).toEqual([
    [100, 1000],
    [60, 1040],
    [20, 1080],
  ]);
});
