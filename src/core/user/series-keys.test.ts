import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelsKey } from '../labels.ts';
import { SeriesKeys } from './series-keys.ts';

const cases: [name: string, names: string[], values: string[], key: string][] = [
  ['no labels', [], [], ''],
  ['one label', ['a'], ['x'], 'a="x"'],
  ['several labels in their order', ['b', 'a'], ['1', '2'], 'b="1",a="2"'],
  ['empty values', ['a', 'b'], ['', ''], 'a="",b=""'],
  ['escapes', ['a', 'b'], ['\\ " \n', '\\n'], 'a="\\\\ \\" \\n",b="\\\\n"'],
  ['a value that looks like labels', ['a', 'b'], ['x",b="y', 'z'], 'a="x\\",b=\\"y",b="z"'],
  ['a backslash at the end of a value', ['a', 'b'], ['x\\', 'y\\'], 'a="x\\\\",b="y\\\\"'],
  ['names of what every object inherits', ['constructor', 'toString'], ['x', 'y'], 'constructor="x",toString="y"'],
];
test.each(cases)('writes and reads %s', (_name, names, values, key) => {
  const keys = new SeriesKeys(names);
  expect(keys.write(values)).toBe(key);
  expect(Object.entries(keys.read(key))).toEqual(names.map((name, index) => [name, values[index]]));
});

/** Few different characters, and those that a key uses itself. */
const value = fc.string({ unit: fc.constantFrom('"', '\\', '\n', 'n', ',', '=', 'l', '1', '😀'), maxLength: 8 });

test('reads every key that it writes, and writes what labelsKey writes', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (values) => {
      const names = values.map((_, index) => `l${index}`);
      const keys = new SeriesKeys(names);
      const labels = Object.fromEntries(values.map((text, index) => [names[index]!, text]));
      const key = keys.write(values);
      expect(key).toBe(labelsKey(labels));
      expect(keys.read(key)).toEqual(labels);
    }),
  );
});
