import { occupiedNames } from '../core/names.ts';
import { quoted } from '../core/printable.ts';
import type { LiveFamily } from '../core/snapshot.ts';

/** The part of the metrics that a scrape asks for. */
export interface Asked {
  /**
   * Names of families, sorted, each once; none for all families. `?name[]=a&name[]=b` is a convention of client_java's
   * endpoint, for scrape jobs that want a few families more often than the rest.
   */
  readonly names: readonly string[];
  /** Vocabularies (`?naming=a&naming=b`), sorted, each once; none for those that the endpoint has by default. */
  readonly naming: readonly string[];
  /** What tells series apart that are one otherwise (`?by=process`), sorted, each once; none for sums. */
  readonly by: readonly string[];
}

/** Longest query that is parsed, in characters; some 200 names. 15 kB, which Node lets through, would take 1 ms. */
export const longestQuery = 8192;

/** Reads the query of a request's URL; the part before the question mark is ignored. */
export function parseAsked(url: string | undefined): Asked {
  const query = queryOf(url);
  if (query === '') return everything;
  const parameters = new URLSearchParams(query);
  return {
    names: sorted(parameters.getAll('name[]').filter((name) => name !== '')),
    naming: sorted(parameters.getAll('naming')),
    by: sorted(parameters.getAll('by')),
  };
}

/** Says why series cannot be told apart by these, for whoever asks; undefined where they can. */
export function groupingProblem(by: readonly unknown[], { hasProcesses = false }: Grouped): string | undefined {
  const unknown = by.find((one) => one !== 'process');
  if (unknown !== undefined) return `by can be process, not ${quoted(unknown)}`;
  if (by.length === 0 || hasProcesses) return undefined;
  return 'by=process is for several processes that answer as one: new GrpcMetrics({ processes: true })';
}

interface Grouped {
  /** Whether there are series of several processes; false by default. */
  readonly hasProcesses?: boolean;
}

/** The text behind the question mark; '' if there is none. */
export function queryOf(url: string | undefined): string {
  const mark = url?.indexOf('?') ?? -1;
  return mark < 0 ? '' : url!.slice(mark + 1);
}

const everything: Asked = { names: [], naming: [], by: [] };

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

/** The families with one of these names, or with a sample of that name: `x_bucket` is of `x`. Without names: all. */
export function named(families: readonly LiveFamily[], names: readonly string[]): readonly LiveFamily[] {
  if (names.length === 0) return families;
  const asked = new Set(names);
  return families.filter(({ name, type }) => occupiedNames(name, type).some((own) => asked.has(own)));
}
