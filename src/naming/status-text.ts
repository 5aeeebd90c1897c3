import { definedCode, statusNames } from '../rpc/status.ts';

/** Codes by name, without case and without what separates words. */
const codes: ReadonlyMap<string, number> = new Map([
  ...statusNames.map((name, code) => [letters(name), code] as const),
  // Go and Connect spell it with one l.
  ['canceled', statusNames.indexOf('CANCELLED')],
]);

/**
 * The code of a status as libraries write it: `NOT_FOUND`, `NotFound`, `not_found`, `StatusCode.NOT_FOUND` or `5`. A code
 * that gRPC does not define, `Code(42)` in Go, is UNKNOWN.
 *
 * Undefined for what is no status of gRPC, such as the code 200 of HTTP.
 */
export function codeOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return statusNames[Number(text)] === undefined ? undefined : Number(text);
  const undefinedCode = /^code[_(](\d+)\)?$/i.exec(text)?.[1];
  if (undefinedCode !== undefined) return definedCode(Number(undefinedCode));
  return codes.get(letters(text.replace(/^.*\./, '')));
}

function letters(text: string): string {
  return text.replace(/[^a-z]/gi, '').toLowerCase();
}
