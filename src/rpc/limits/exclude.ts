import { MetricsError } from '../../core/errors.ts';
import { quoted } from '../../core/printable.ts';

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
    throw new MetricsError('invalid_option', `${option} must be an array of names, not ${quoted(names)}`);
  }
  const services = new Set<string>();
  const methods = new Set<string>();
  for (const name of names as readonly unknown[]) {
    const [, service, method] = /^\/?([^/\s]+)(?:\/([^/\s]+))?$/.exec(typeof name === 'string' ? name : '') ?? [];
    if (service === undefined) {
      const form = 'must be pkg.Service or pkg.Service/Method';
      throw new MetricsError('invalid_option', `${option}: ${quoted(name)} ${form}`);
    }
    if (method === undefined) services.add(`/${service}/`);
    else methods.add(`/${service}/${method}`);
  }
  return (path) => methods.has(path) || services.has(path.slice(0, path.indexOf('/', 1) + 1));
}
