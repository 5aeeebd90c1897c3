/** What the manifest says of a server. */
export interface ServerEntry {
  readonly path: string;
  readonly version: string;
  readonly suite: string;
  readonly package: string;
  /** True when the version is not the one that was wanted. */
  readonly fallback: boolean;
}

export function serversFolder(env?: NodeJS.ProcessEnv): string;
export function skipFails(env?: NodeJS.ProcessEnv): boolean;
export function readManifest(folder: string): Record<string, ServerEntry | undefined>;
export function rowsToGet<
  Row extends { readonly name: string; readonly candidates?: readonly { readonly source?: string }[] },
>(rows: readonly Row[], present: Readonly<Record<string, ServerEntry | undefined>>, retry?: boolean): Row[];
export function digestOf(source: string): string;
export function addToManifest(folder: string, entries: Readonly<Record<string, ServerEntry>>): void;
