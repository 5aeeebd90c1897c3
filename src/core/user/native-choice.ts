import { MetricsError } from '../errors.ts';
import { hasNegativeBound } from '../histogram.ts';
import type { NativeHistogramOptions } from '../native/native-histogram.ts';
import { checkNative } from '../native/native-options.ts';
import type { AnySpec } from './spec.ts';

/** The native buckets of a histogram with these bounds: its own choice, or else `common`. Throws `invalid_option`. */
export function chooseNative(
  { name, nativeHistogram }: AnySpec,
  bounds: readonly number[],
  common: Required<NativeHistogramOptions> | undefined,
): Required<NativeHistogramOptions> | undefined {
  if (hasNegativeBound(bounds)) {
    if (nativeHistogram === undefined || nativeHistogram === false) return undefined;
    const problem = `is for values from 0, and its first bound is ${bounds[0]}`;
    throw new MetricsError('invalid_option', `nativeHistogram of "${name}" ${problem}: leave out one of the two`);
  }
  if (common !== undefined && (nativeHistogram === undefined || nativeHistogram === true)) return common;
  return checkNative(`nativeHistogram of "${name}"`, nativeHistogram);
}
