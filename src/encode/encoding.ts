import type { LiveFamily } from '../core/snapshot.ts';

/** One way to write families down. Its functions keep nothing and rename nothing. */
export interface Encoding {
  readonly contentType: string;
  /**
   * The scrape in parts of `partSize` and a little, so that who asks for them can pause in between. Text or bytes, as the
   * format is. A part may be empty, where the format can give nothing yet, and the last one is what is left.
   */
  readonly encode: (families: Iterable<LiveFamily>) => Iterable<string | Uint8Array>;
  /** Makes what writes scrape after scrape of much the same families; undefined where that is no faster. */
  readonly repeated?: () => Repeated;
}

/** Writes the same as `encode`, one scrape at a time, and in bytes. It keeps what it has written last. */
export interface Repeated {
  encode(families: Iterable<LiveFamily>): Iterable<Uint8Array>;
}

/** In characters or bytes: written in a twentieth of a millisecond, and large beside what handing it over costs. */
export const partSize = 32_768;
