import { invalidOption } from '../../core/errors.ts';
import { quoted } from '../../core/printable.ts';
import { readServiceOrMethod, serviceOf, serviceOrMethodForm } from '../methods/service-or-method.ts';

/** Services that watch a service rather than being one: their calls would drown the real ones. */
const defaultExclude: readonly string[] = [
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
  'grpc.channelz.v1.Channelz',
];

/** Which calls are recorded, by names of services (`pkg.Service`) and methods (`pkg.Service/Method`). */
export interface Choice {
  /** Only these are recorded. All by default. */
  readonly only?: readonly string[] | undefined;
  /** These are not recorded, even if `only` has them. By default health, reflection and channelz, or none if `only` is given. */
  readonly exclude?: readonly string[] | undefined;
}

/** Returns a function that says whether the calls of a path are left out. Throws `invalid_option` for a wrong name. */
export function excluder({
  only,
  exclude = only === undefined ? defaultExclude : [],
}: Choice): (path: string) => boolean {
  const isExcluded = matcher('exclude', exclude);
  if (only === undefined) return isExcluded;
  const isChosen = matcher('only', only);
  return (path) => !isChosen(path) || isExcluded(path);
}

function matcher(option: string, names: readonly string[]): (path: string) => boolean {
  if (!Array.isArray(names)) {
    throw invalidOption(`${option} must be an array of names, not ${quoted(names)}`);
  }
  /** Beginnings of the paths of services, and paths of methods. */
  const chosen = new Set<string>();
  for (const name of names as readonly unknown[]) {
    const path = readServiceOrMethod(name);
    if (path === undefined) throw invalidOption(`${option}: ${quoted(name)} must be ${serviceOrMethodForm}`);
    chosen.add(path);
  }
  return (path) => chosen.has(path) || chosen.has(serviceOf(path));
}
