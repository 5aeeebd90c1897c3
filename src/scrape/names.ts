import { occupiedNames } from '../core/names.ts';
import type { LiveFamily } from '../core/snapshot.ts';

/**
 * The names that a scrape asks for with `?name[]=a&name[]=b`, sorted and each once; none where it asks for everything.
 * A convention of client_java's endpoint, for scrape jobs that want a few families more often than the rest.
 */
export function askedNames(url: string | undefined): readonly string[] {
  return askedFor('name[]', url).filter((name) => name !== '');
}

/** The vocabularies that a scrape asks for with `?naming=a&naming=b`, likewise; none where it takes what there is by default. */
export function askedNaming(url: string | undefined): readonly string[] {
  return askedFor('naming', url);
}

function askedFor(parameter: string, url: string | undefined): readonly string[] {
  const query = url?.indexOf('?') ?? -1;
  if (query < 0) return [];
  return [...new Set(new URLSearchParams(url!.slice(query + 1)).getAll(parameter))].sort();
}

/** The families with one of these names, or with a sample of that name: `x_bucket` is of `x`. Without names: all. */
export function named(families: readonly LiveFamily[], names: readonly string[]): readonly LiveFamily[] {
  if (names.length === 0) return families;
  return families.filter(({ name, type }) => occupiedNames(name, type).some((own) => names.includes(own)));
}
