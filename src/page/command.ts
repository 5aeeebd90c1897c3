import type { Calls } from './rows.ts';

/** Services that every server may have, and nobody is interested in first. */
const isCommon = (method: string) => /^\/grpc\.(health|reflection)\./.test(method);

/** The command that calls a method, as grpcurl takes it. */
export function commandFor(method: string): string {
  return `grpcurl -plaintext -import-path . -proto FILE.proto -d '{}' HOST:PORT ${method.replace(/^\//, '')}`;
}

/** The method to begin with: the chosen one, or the first one that is the user's own. */
export function methodToCall(calls: readonly Calls[], chosen: string): string | undefined {
  const methods = calls.map(({ method }) => method).filter((method) => /^\/.+\/.+/.test(method));
  return methods.find((method) => method === chosen) ?? methods.find((method) => !isCommon(method)) ?? methods[0];
}
