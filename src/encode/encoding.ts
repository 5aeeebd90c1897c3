import type { MetricFamily } from '../core/snapshot.ts';

/** One way to write a snapshot down. A function of the snapshot: it keeps nothing and renames nothing. */
export interface Encoding {
  readonly contentType: string;
  /**
   * The parts of the scrape in their order: about one per series, so that who asks for them can pause in between.
   * Text or bytes, as the format is. A part may be empty, where the format can give nothing yet.
   */
  readonly encode: (families: readonly MetricFamily[]) => Iterable<string | Uint8Array>;
}
