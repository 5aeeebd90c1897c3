import { expect, test } from 'vitest';
import { MetricsError } from '../errors.ts';
import { checkNative, type NativeHistogramChoice } from './native-options.ts';

const defaults = { factor: 1.1, maxBuckets: 160 };
const choices: [choice: NativeHistogramChoice | undefined, settings: typeof defaults | undefined][] = [
  [undefined, undefined],
  [false, undefined],
  [true, defaults],
  [{}, defaults],
  [{ factor: undefined, maxBuckets: undefined }, defaults],
  [{ factor: 65_536 }, { ...defaults, factor: 65_536 }],
  [
    { factor: 1 + Number.EPSILON, maxBuckets: 1 },
    { factor: 1 + Number.EPSILON, maxBuckets: 1 },
  ],
];
test.each(choices)('%j', (choice, settings) => {
  expect(checkNative('x', choice)).toEqual(settings);
});

const factor = 'must be a number above 1 and at most 65536, such as 1.1';
const maxBuckets = 'must be a whole number of at least 1, such as 160';
const mistakes: [choice: unknown, message: string][] = [
  [null, 'null must be true, false or { factor, maxBuckets }'],
  ['yes', '"yes" must be true, false or { factor, maxBuckets }'],
  [1.1, '1.1 must be true, false or { factor, maxBuckets }'],
  [{ factor: 1 }, `factor 1 ${factor}`],
  [{ factor: 0 }, `factor 0 ${factor}`],
  [{ factor: 65_537 }, `factor 65537 ${factor}`],
  [{ factor: NaN }, `factor NaN ${factor}`],
  [{ factor: Infinity }, `factor Infinity ${factor}`],
  [{ factor: '1.1' }, `factor "1.1" ${factor}`],
  [{ factor: null }, `factor null ${factor}`],
  [{ maxBuckets: 0 }, `maxBuckets 0 ${maxBuckets}`],
  [{ maxBuckets: 1.5 }, `maxBuckets 1.5 ${maxBuckets}`],
  [{ maxBuckets: Infinity }, `maxBuckets Infinity ${maxBuckets}`],
  [{ maxBuckets: '160' }, `maxBuckets "160" ${maxBuckets}`],
  [{ fcator: 2 }, 'unknown option "fcator", did you mean "factor"?'],
];
test.each(mistakes)('%j is turned away', (choice, message) => {
  const check = () => checkNative('nativeHistograms', choice as NativeHistogramChoice);
  expect(check).toThrow(new MetricsError('invalid_option', `nativeHistograms: ${message}`));
  expect(check).toThrow(expect.objectContaining({ code: 'invalid_option' }));
});
