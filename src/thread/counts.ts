import type { HistogramSeries } from '../core/snapshot.ts';
import type { EndpointState, SecurityStats } from '../http/security-stats.ts';
import type { ScrapeStats } from '../scrape/scrape-stats.ts';

/** What an endpoint has counted, as plain data. */
export interface Counts {
  readonly requests: ScrapeStats['requests'];
  readonly errors: ScrapeStats['errors'];
  readonly duration: Pick<HistogramSeries, 'buckets' | 'sum'>;
  readonly inFlight: number;
  readonly size: number;
  readonly security: Pick<SecurityStats, 'isUsed' | 'handshakeFailures' | 'refused'> & {
    readonly endpoints: readonly EndpointState[];
  };
}

/** What an endpoint has counted up to now. */
export function countsOf(scrapes: ScrapeStats, security: SecurityStats): Counts {
  const { requests, errors, inFlight, size } = scrapes;
  const { buckets, sum } = scrapes.duration.live({});
  const { isUsed, handshakeFailures, refused, endpoints } = security;
  return {
    requests,
    errors,
    duration: { buckets, sum },
    inFlight,
    size,
    security: { isUsed, handshakeFailures, refused, endpoints: [...endpoints] },
  };
}

/** Adds what one thread has counted to the numbers of the process, so that they stay when the thread ends. */
export class ThreadCounts {
  readonly #scrapes: ScrapeStats;
  readonly #security: SecurityStats;
  #known: Counts | undefined;

  constructor(scrapes: ScrapeStats, security: SecurityStats) {
    this.#scrapes = scrapes;
    this.#security = security;
  }

  /** From now on the thread has counted so much since its start. */
  update(counts: Counts): void {
    const known = this.#known;
    const [scrapes, security] = [this.#scrapes, this.#security];
    addDifference(scrapes.requests, counts.requests, known?.requests);
    addDifference(scrapes.errors, counts.errors, known?.errors);
    addDifference(security.refused, counts.security.refused, known?.security.refused);
    security.handshakeFailures += counts.security.handshakeFailures - (known?.security.handshakeFailures ?? 0);
    security.isUsed ||= counts.security.isUsed;
    const { buckets, sum } = counts.duration;
    const before = known?.duration;
    scrapes.duration.add(
      buckets.map((count, index) => count - (before?.buckets[index] ?? 0)),
      sum - (before?.sum ?? 0),
    );
    scrapes.inFlight += counts.inFlight - (known?.inFlight ?? 0);
    if (counts.size > 0) scrapes.size = counts.size;
    this.#replaceEndpoints(counts.security.endpoints);
    this.#known = counts;
  }

  /** The thread has ended: what it answered stays counted, and it answers nothing any more. */
  end(): void {
    if (this.#known === undefined) return;
    const { security } = this.#known;
    this.update({ ...this.#known, inFlight: 0, security: { ...security, endpoints: [] } });
  }

  #replaceEndpoints(endpoints: readonly EndpointState[]): void {
    for (const endpoint of this.#known?.security.endpoints ?? []) this.#security.endpoints.delete(endpoint);
    for (const endpoint of endpoints) this.#security.endpoints.add(endpoint);
  }
}

function addDifference<Name extends string>(
  to: Record<Name, number>,
  now: Readonly<Record<Name, number>>,
  before: Readonly<Record<Name, number>> | undefined,
): void {
  for (const name of Object.keys(now) as Name[]) to[name] += now[name] - (before?.[name] ?? 0);
}
