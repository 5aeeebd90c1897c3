import { setTimeout as wait } from 'node:timers/promises';
import type { Books } from './books.ts';
import { monotonicSeconds } from './core/clock.ts';
import { type Farewell, farewellOf } from './processes/service-life.ts';
import type { MetricsEndpoint } from './serve/endpoint.ts';
import { type LastScrapeOptions, secondsToWait } from './serve/last-scrape.ts';

/** How often a process that ends looks what the others do, in milliseconds. */
const lookEvery = 100;

/**
 * Waits until the final numbers of this process are with the scraper, or until another process answers for it. Resolves with
 * whether that is so. Rejects with `invalid_option`.
 *
 * Its numbers are in its book. So it goes at once, unless all processes that take the port are about to end: the one of them that has the
 * port then waits for the others, and for a scrape that begins when they have gone.
 */
export async function lastScrapeOfSeveral(
  { ledger, lifecycle, included }: Pick<Books, 'ledger' | 'lifecycle' | 'included'>,
  taker: PortTaker,
  options: LastScrapeOptions = {},
): Promise<boolean> {
  const end = monotonicSeconds() + secondsToWait(options);
  const left = () => Math.max(end - monotonicSeconds(), 0.001);
  lifecycle.end();
  await included.read();
  /** A scrape that may be too early for the others. */
  let early: Promise<boolean> | undefined;
  do {
    const { mayLeave, mustWait } = look(ledger, taker.port);
    if (mayLeave) return true;
    if (taker.isClosed) return false;
    const { endpoint } = taker; // undefined until this process has the port that another one had
    if (mustWait) early ??= endpoint?.lastScrape({ timeoutSeconds: left() });
    else if (endpoint !== undefined && (await endpoint.lastScrape({ timeoutSeconds: left() }))) return true;
    await wait(Math.min(lookEvery, 1000 * left()));
  } while (monotonicSeconds() < end);
  return (await early) ?? false;
}

/** A process that has a port, or takes it when it is free. */
export interface PortTaker {
  /** Undefined while another process has the port. */
  readonly endpoint: MetricsEndpoint | undefined;
  readonly port: number;
  readonly isClosed: boolean;
}

/** A folder that cannot be read says nothing of others. */
function look(ledger: Books['ledger'], port: number): Farewell {
  try {
    ledger.refresh();
    return farewellOf(ledger.shelf.processes, ledger.own, port);
  } catch {
    return { mayLeave: false, mustWait: false };
  }
}
