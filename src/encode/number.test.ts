import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatNumber } from './number.ts';

/** As Go 1.19's `strconv.FormatFloat(value, 'g', -1, 64)` writes them. */
const numbers: [value: number, text: string][] = [
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [-1, '-1'],
  [0.005, '0.005'],
  [0.1 + 0.2, '0.30000000000000004'],
  [99999.5, '99999.5'],
  [100000, '100000'],
  [999999, '999999'],
  [-999999, '-999999'],
  [999999.5, '999999.5'],
  [999999.9999999999, '999999.9999999999'],
  [1e6, '1e+06'],
  [-1e6, '-1e+06'],
  [1234567, '1.234567e+06'],
  [1234567.875, '1.234567875e+06'],
  [123456789, '1.23456789e+08'],
  [2 ** 53, '9.007199254740992e+15'],
  [1e20, '1e+20'],
  [1e21, '1e+21'],
  [1.5e21, '1.5e+21'],
  [1e100, '1e+100'],
  [-1e100, '-1e+100'],
  [Number.MAX_VALUE, '1.7976931348623157e+308'],
  [0.001, '0.001'],
  [0.0001, '0.0001'],
  [0.00012345, '0.00012345'],
  [0.00009999, '9.999e-05'],
  [0.00001, '1e-05'],
  [-0.00001, '-1e-05'],
  [1e-6, '1e-06'],
  [1.5e-7, '1.5e-07'],
  [1e-10, '1e-10'],
  [1e-100, '1e-100'],
  [5e-324, '5e-324'],
  [NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
];
test.each(numbers)('formatNumber(%d) is %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

/** Go's form: an exponent of two digits or more below 1e-4 and from 1e6 on, and plain digits between. */
const plain = /^-?(0|[1-9]\d{0,5})(\.\d*[1-9])?$/;
const exponential = /^-?[1-9](\.\d*[1-9])?e[+-](\d\d|[1-9]\d\d)$/;

test('every finite number reads back as the same, in the form that its size asks for', () => {
  const finite = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -2e6, max: 2e6, noNaN: true }),
    fc.double({ min: -0.001, max: 0.001, noNaN: true }),
    fc.maxSafeInteger(),
  );
  fc.assert(
    fc.property(finite, (value) => {
      const text = formatNumber(value);
      expect(Number(text)).toBe(value);
      const size = Math.abs(value);
      expect(text).toMatch(size === 0 || (size >= 1e-4 && size < 1e6) ? plain : exponential);
    }),
    { numRuns: 1000 },
  );
});
