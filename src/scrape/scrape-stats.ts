import { Histogram } from '../core/histogram.ts';

/** From small registries to the largest that Prometheus's default timeout of 10 s can take. In seconds. */
const durationBounds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What serving counts of itself: plain numbers, which a collector of `naming` gives their names. */
export class ScrapeStats {
  /** Requests that were answered, by status. What the client did not wait for is in none. */
  readonly requests: Record<'200' | '500' | '503', number> = { '200': 0, '500': 0, '503': 0 };
  /** Requests that are being answered, until the last byte is handed over or the client has left. */
  inFlight = 0;
  /** Scrapes that failed, by what did: reading the metrics, or writing them down. */
  readonly errors: Record<'gathering' | 'encoding', number> = { gathering: 0, encoding: 0 };
  /** Seconds from a request to its answer being ready to be sent, compressed; of answers with samples. */
  readonly duration: Histogram = new Histogram(durationBounds, () => {}); // A clock that runs backwards is no scrape.
  /** Bytes of the last complete rendering before compression: without `name[]` and `naming`. */
  size = 0;
}
