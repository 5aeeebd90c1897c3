import { MetricsError } from '../core/errors.ts';

/** Services that watch a service rather than being one: their calls would drown the real ones. */
export const defaultExclude: readonly string[] = [
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
  'grpc.channelz.v1.Channelz',
];

/**
 * A test for a call's path, from names of services (`pkg.Service`) and methods (`pkg.Service/Method`).
 * Throws `invalid_option` for anything else.
 */
export function excludes(names: readonly string[]): (path: string) => boolean {
  if (!Array.isArray(names)) {
    throw new MetricsError('invalid_option', `exclude must be an array of names, not ${JSON.stringify(names)}`);
  }
  const services = new Set<string>();
  const methods = new Set<string>();
  for (const name of names as readonly unknown[]) {
    const [, service, method] = /^\/?([^/\s]+)(?:\/([^/\s]+))?$/.exec(typeof name === 'string' ? name : '') ?? [];
    if (service === undefined) {
      const form = 'must be pkg.Service or pkg.Service/Method';
      throw new MetricsError('invalid_option', `exclude: ${JSON.stringify(name)} ${form}`);
    }
    if (method === undefined) services.add(`/${service}/`);
    else methods.add(`/${service}/${method}`);
  }
  return (path) => methods.has(path) || services.has(path.slice(0, path.indexOf('/', 1) + 1));
}
