/**
 * Reads a user's name of a service (`pkg.Service`) or a method (`pkg.Service/Method`), with or without a slash before it.
 *
 * Returns the beginning of the paths of a service (`/pkg.Service/`), the path of a method, or undefined for any other value.
 */
export function readServiceOrMethod(name: unknown): string | undefined {
  const [, service, method] = /^\/?([^/\s]+)(?:\/([^/\s]+))?$/.exec(typeof name === 'string' ? name : '') ?? [];
  return service === undefined ? undefined : `/${service}/${method ?? ''}`;
}

/** The form of a name, for messages. */
export const serviceOrMethodForm = 'pkg.Service or pkg.Service/Method';

/** The beginning of the paths of a path's service: `/pkg.Service/`. */
export function serviceOf(path: string): string {
  return path.slice(0, path.indexOf('/', 1) + 1);
}
