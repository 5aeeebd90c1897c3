import { checkKeys } from '../check-keys.ts';
import { invalidOption } from '../errors.ts';
import { quoted } from '../printable.ts';
import type { NativeHistogramOptions } from './native-histogram.ts';

/** `false` for none, `true` for one with the defaults. */
export type NativeHistogramChoice = boolean | NativeHistogramOptions;

/** The options of native histograms with their defaults; undefined for none. Throws `invalid_option` for a wrong value or key. */
export function checkNative(
  option: string,
  choice: NativeHistogramChoice | undefined = false,
): Required<NativeHistogramOptions> | undefined {
  if (choice === false) return undefined;
  if (choice !== true && (typeof choice !== 'object' || choice === null || Array.isArray(choice))) {
    throw invalidOption(`${option}: ${quoted(choice)} must be true, false or { factor, maxBuckets }`);
  }
  const given = choice === true ? {} : choice;
  checkKeys(option, given, ['factor', 'maxBuckets']);
  const { factor = 1.1, maxBuckets = 160 } = given;
  if (typeof factor !== 'number' || !(factor > 1 && factor <= 65536)) {
    throw invalidOption(`${option}: factor ${quoted(factor)} must be a number above 1 and at most 65536, such as 1.1`);
  }
  if (!Number.isSafeInteger(maxBuckets) || maxBuckets < 1) {
    throw invalidOption(
      `${option}: maxBuckets ${quoted(maxBuckets)} must be a whole number of at least 1, such as 160`,
    );
  }
  return { factor, maxBuckets };
}
