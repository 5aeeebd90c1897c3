import type { ServerEntry } from './manifest.mjs';
import type { Candidate, ServerRow } from './table.mjs';

/** The distribution and the suite that this system runs. */
export interface HostSystem {
  readonly id: string;
  readonly hostSuite: string;
}

/** What `obtain` does to the world. */
export interface ObtainIo {
  unpack(suite: string, name: string): Promise<string>;
  assemble?(suite: string, names: readonly string[], binary: string): Promise<string>;
  build?(suite: string, names: readonly string[], source: string): Promise<string>;
  installed?(binary: string): string;
  probe(path: string, ask?: string): Promise<string>;
  say(line: string): void;
}

export function resolveCandidates(row: ServerRow, system: HostSystem): Candidate[];
export function obtain(
  rows: readonly ServerRow[],
  system: HostSystem,
  io: ObtainIo,
): Promise<{ entries: Record<string, ServerEntry>; problems: Record<string, string[]> }>;
export function parseVersion(output: string): string | undefined;
export function packageVersion(path: string): string | undefined;
