import { expect, test } from 'vitest';
import { MethodBounds, uniteBounds } from './method-bounds.ts';

const one = new MethodBounds(
  [1, 5],
  new Map([
    ['/a.B/', [10]],
    ['/a.B/C', [100]],
  ]),
);

const paths: [name: string, path: string, bounds: number[]][] = [
  ['a method with bounds of its own', '/a.B/C', [100]],
  ['a method of a service with bounds of its own', '/a.B/D', [10]],
  ['a service', '/a.B/', [10]],
  ['any other method', '/a.BB/C', [1, 5]],
  ['the constant of unknown methods', 'unknown', [1, 5]],
];
test.each(paths)('bounds of %s', (_name, path, bounds) => {
  expect(one.of(path)).toEqual(bounds);
  expect(one.of(path)).toBe(one.of(path));
});

const other = new MethodBounds([2, 5], new Map([['/a.B/C', [3]]]));
const third = new MethodBounds([4], new Map([['/c.D/', [7]]]));
const unions: [name: string, path: string, bounds: number[]][] = [
  ['of a method in two parts', '/a.B/C', [3, 4, 60, 100]],
  ['of a service in one part', '/a.B/D', [2, 4, 5, 10, 60]],
  ['of a service in the last part', '/c.D/E', [1, 2, 5, 7, 60]],
  ['of any other method', '/x.Y/Z', [1, 2, 4, 5, 60]],
];
test.each(unions)('the union %s', (_name, path, bounds) => {
  expect(uniteBounds([one, other, third], [60]).of(path)).toEqual(bounds);
});
