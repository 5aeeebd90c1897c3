import { checkAmountBuckets } from '../core/buckets.ts';
import { didYouMean } from '../core/check-keys.ts';
import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { MethodBounds } from '../rpc/methods/method-bounds.ts';
import { readServiceOrMethod, serviceOrMethodForm } from '../rpc/methods/service-or-method.ts';

/**
 * Upper bounds of the durations of calls, in seconds, increasing: for all methods, or by service and method.
 *
 * ```ts
 * { default: [0.01, 0.1, 1], 'shop.v1.Feed': [1, 60, 3600], 'shop.v1.Feed/Get': [0.01, 0.1] }
 * ```
 *
 * The bounds of a method win over those of its service, and these win over `default`. Queries over methods with
 * different bounds give wrong quantiles: sum the buckets by method.
 */
export type DurationBuckets = readonly number[] | MethodBuckets;

/** Bounds by `pkg.Service` or `pkg.Service/Method`, and those of all other methods. */
export interface MethodBuckets {
  /** By default the bounds of the vocabulary. */
  readonly default?: readonly number[] | undefined;
  readonly [serviceOrMethod: string]: readonly number[] | undefined;
}

/**
 * Returns the bounds that `given` asks for, with `common` where it does not say. `where` begins messages.
 *
 * Throws `invalid_buckets` for wrong bounds, and `invalid_option` for a name that is neither a service nor a method.
 */
export function readBuckets(
  where: string,
  given: DurationBuckets | undefined,
  common: readonly number[],
): MethodBounds {
  if (given === undefined) return new MethodBounds(checkAmountBuckets(where, common));
  if (typeof given !== 'object' || given === null || isArray(given)) {
    return new MethodBounds(checkAmountBuckets(where, given)); // which says what is wrong
  }
  const { default: shared = common, ...others } = given;
  const own = new Map<string, readonly number[]>();
  for (const [name, bounds] of Object.entries(others)) {
    const path = readName(where, name);
    if (bounds !== undefined) own.set(path, checkAmountBuckets(`${where} of ${name}`, bounds));
  }
  return new MethodBounds(checkAmountBuckets(where, shared), own);
}

function readName(where: string, name: string): string {
  // A service without a package can be called so: "/Default".
  if (/^\w+$/.test(name) && didYouMean(name, ['default']) !== undefined) {
    throw invalidOption(`${where}: unknown option ${quoted(name)}, did you mean "default"?`);
  }
  const path = readServiceOrMethod(name);
  if (path !== undefined) return path;
  throw invalidOption(`${where}: ${quoted(name)} must be default, ${serviceOrMethodForm}`);
}

/** TypeScript does not narrow readonly arrays by `Array.isArray`. */
function isArray(given: DurationBuckets): given is readonly number[] {
  return Array.isArray(given);
}
