import { importSpecifiers, resolveImport } from './imports.ts';

/**
 * Import circles among files, each as the way around: `a.ts > b.ts > a.ts`. Imports of types count.
 *
 * Finds at least one circle if there is any. Where circles share files it may name some of them only.
 */
export function importCircles(sources: ReadonlyMap<string, string>): readonly string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string) => {
    const start = way.indexOf(path);
    if (start !== -1) circles.push([...way.slice(start), path].join(' > '));
    if (start !== -1 || done.has(path)) return;
    way.push(path);
    for (const specifier of importSpecifiers(sources.get(path) ?? '')) {
      if (specifier.startsWith('.')) visit(resolveImport(path, specifier));
    }
    way.pop();
    done.add(path);
  };
  for (const path of sources.keys()) visit(path);
  return circles;
}
