import type { Method } from './method.ts';
import type { MethodNumbers } from './method-numbers.ts';
import { sumOfMethods } from './method-sum.ts';

/** What somebody sees of a target: the calls to targets that look the same to him are one series. */
export type Seen = (target: string) => string;

/** All numbers of a method: without labels and a target, and with each. */
export function* allOf(method: Method): Iterable<Method> {
  yield method;
  for (const combination of method.labelled?.values() ?? []) if (combination !== method) yield combination;
  for (const towards of method.byTarget?.values() ?? []) yield* allOf(towards);
}

/** What has a series of its own. Without a target that is a method before its first call; afterwards its calls have one. */
export function* seriesOf(method: Method, seen: Seen): Iterable<MethodNumbers> {
  const targets = method.byTarget;
  if (targets === undefined || targets.size === 1) {
    const [only = method] = targets?.values() ?? [];
    for (const [, combination] of combinations(only)) yield combination;
    return;
  }
  const groups = new Map<string, [Method, ...Method[]]>();
  for (const [target, towards] of targets) {
    for (const [labels, combination] of combinations(towards)) {
      const key = JSON.stringify([seen(target), labels]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [combination]);
      else group.push(combination);
    }
  }
  for (const group of groups.values()) yield group.length === 1 ? group[0] : sumOfMethods(group);
}

/**
 * By `CallLabels.key`. A method's numbers without the user's labels are its series before its first call. Where the calls turn out to have
 * labels these zeros go: they would stand beside the real ones for ever.
 */
function* combinations(method: Method): Iterable<readonly [key: string, combination: Method]> {
  const { labelled } = method;
  if (labelled === undefined) yield ['', method];
  else for (const entry of labelled) if (entry[1] !== method || labelled.size === 1 || method.isUsed) yield entry;
}
