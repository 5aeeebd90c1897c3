import { MetricsError } from '../errors.ts';
import { printable } from '../printable.ts';
import type { NativeHistogramOptions } from './native-histogram.ts';

/** `false` for none, `true` for one with the defaults. */
export type NativeHistogramChoice = boolean | NativeHistogramOptions;

/** What was chosen, with its defaults; undefined for none. Throws `invalid_option` where a value cannot be right. */
export function checkNative(
  option: string,
  choice: NativeHistogramChoice | undefined = false,
): Required<NativeHistogramOptions> | undefined {
  if (choice === false) return undefined;
  if (choice !== true && (typeof choice !== 'object' || choice === null)) {
    throw invalid(`${option}: ${printable(choice)} must be true, false or { factor, maxBuckets }`);
  }
  const { factor = 1.1, maxBuckets = 160 } = choice === true ? {} : choice;
  if (typeof factor !== 'number' || !(factor > 1 && factor <= 65536)) {
    throw invalid(`${option}: factor ${printable(factor)} must be a number above 1 and at most 65536, such as 1.1`);
  }
  if (!Number.isSafeInteger(maxBuckets) || maxBuckets < 1) {
    throw invalid(`${option}: maxBuckets ${printable(maxBuckets)} must be a whole number of at least 1, such as 160`);
  }
  return { factor, maxBuckets };
}

function invalid(message: string): MetricsError {
  return new MetricsError('invalid_option', message);
}
