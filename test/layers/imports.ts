import { dirname, join } from 'node:path';

const specifier = /(?:(?<!['"`])\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*(['"`])([^'"`]+)\1/g;

/** Every specifier in a file: of imports, exports and types, static and dynamic. */
export function importSpecifiers(source: string): readonly string[] {
  return Array.from(withoutComments(source).matchAll(specifier), ([, , name]) => name!);
}

const staticImport = /^(?:import|export)\s+(?!type\b)(?:[\w*{][^;'"`]*?\bfrom\s*)?(['"`])([^'"`]+)\1/gm;

/** The specifiers that are loaded with the file: of imports that are neither types nor late. */
export function runtimeSpecifiers(source: string): readonly string[] {
  return Array.from(withoutComments(source).matchAll(staticImport), ([, , name]) => name!);
}

/** Path of the file that a relative specifier names, from the folder that `path` starts at. */
export function resolveImport(path: string, relativeSpecifier: string): string {
  return join(dirname(path), relativeSpecifier);
}

/** Removes comments, so that words in them do not count as code. Strings that look like comments confuse it. */
export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
}

/** Lines that are neither blank nor a comment. */
export function countCodeLines(source: string): number {
  return source.split('\n').filter((line) => !/^\s*(?:\/\/.*|\/?\*.*)?$/.test(line)).length;
}
