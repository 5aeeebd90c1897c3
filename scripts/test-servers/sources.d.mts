/** A package archive that an apt sources file names. */
export interface Archive {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string | undefined;
}

/** The distribution's own archive, and the name of the host's suite in it. */
export interface Mirror {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly signedBy: string | undefined;
}

/** What an os-release file says. */
export interface Distribution {
  readonly id: string | undefined;
  readonly codename: string | undefined;
}

export function parseSources(fileName: string, text: string): Archive[];
export function chooseMirror(archives: readonly Archive[], distribution: Distribution): Mirror | undefined;
export function formatSource(mirror: Omit<Mirror, 'suite'>, suite: string): string;
export function parseOsRelease(text: string): Distribution;
