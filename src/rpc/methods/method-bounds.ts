import { serviceOf } from './service-or-method.ts';

/** Upper bounds of durations in seconds, for each method. The bounds of a method win over those of its service. */
export class MethodBounds {
  /** Of methods without bounds of their own. */
  readonly common: readonly number[];
  /** By `/pkg.Service/` or `/pkg.Service/Method`. */
  readonly own: ReadonlyMap<string, readonly number[]>;

  /** Must have passed `checkAmountBuckets`. */
  constructor(common: readonly number[], own: ReadonlyMap<string, readonly number[]> = new Map()) {
    this.common = common;
    this.own = own;
  }

  /** The same array each time, for a path or for `/pkg.Service/`. */
  of(path: string): readonly number[] {
    if (this.own.size === 0) return this.common;
    return this.own.get(path) ?? this.own.get(serviceOf(path)) ?? this.common;
  }
}

/** Returns bounds that have, for each method, all its bounds in `parts`, and `more`. What records them makes each part exact. */
export function uniteBounds(parts: readonly MethodBounds[], more: readonly number[] = []): MethodBounds {
  const keys = new Set(parts.flatMap(({ own }) => [...own.keys()]));
  const own = Array.from(
    keys,
    (key) =>
      [
        key,
        union(
          parts.map((part) => part.of(key)),
          more,
        ),
      ] as const,
  );
  return new MethodBounds(
    union(
      parts.map(({ common }) => common),
      more,
    ),
    new Map(own),
  );
}

function union(parts: readonly (readonly number[])[], more: readonly number[]): readonly number[] {
  return [...new Set([...parts.flat(), ...more])].sort((left, right) => left - right);
}
