import { withoutComments } from './imports.ts';

/** The beginnings of every name that the library exposes or reads, also where a pattern or a template continues them. */
const name = /\b(?:grpc|rpc|process|nodejs|promhttp)\)?_\w*/g;

/** The names of metrics and labels that a file spells, each once. Names in comments do not count. */
export function metricNames(source: string): readonly string[] {
  return [...new Set(withoutComments(source).match(name))];
}
