import type { LiveFamily } from '../core/snapshot.ts';

/** One way to write families down. A function of what it is given: it keeps nothing and renames nothing. */
export interface Encoding {
  readonly contentType: string;
  /**
   * The scrape in parts of `partSize` and a little, so that who asks for them can pause in between. Text or bytes, as the
   * format is. A part may be empty, where the format can give nothing yet, and the last one is what is left.
   */
  readonly encode: (families: Iterable<LiveFamily>) => Iterable<string | Uint8Array>;
}

/** In characters or bytes: written in a twentieth of a millisecond, and large beside what handing it over costs. */
export const partSize = 32_768;
