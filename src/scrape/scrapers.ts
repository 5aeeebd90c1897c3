import { monotonicSeconds } from '../core/clock.ts';

/** Who scrapes, as far as a request shows. */
export interface Scraper {
  /** Equal for scrapes of the same scraper: its address, its program, and what it asks for. */
  readonly key: string;
  /** Whether it says how long it waits, as Prometheus, its agents and VictoriaMetrics do. */
  readonly isAgent: boolean;
}

/** What is known of a scraper. */
interface Visits {
  readonly scraper: Scraper;
  /** When its last scrapes began, in seconds. */
  readonly times: number[];
  /** All of its scrapes. */
  count: number;
}

interface Waiter {
  /** Only scrapes with a later number count. */
  readonly since: number;
  readonly awaits: (scraper: Scraper) => boolean;
  readonly resolve: (isScraped: boolean) => void;
}

/** Scrapes that are remembered of each scraper. */
const mostTimes = 9;
/** Scrapers that are remembered. A program that makes up its name each time must not fill the memory. */
const mostScrapers = 64;
/** A scraper that has missed so many intervals is gone. */
const missedIntervals = 3;
/** Intervals that differ less than this, relative to their median, are equally regular. */
const sameRegularity = 0.1;
/** Intervals that differ more than this are not regular at all: those of people. */
const leastRegularity = 0.5;

/**
 * The scrapers of an endpoint: remembers who came how regularly, so that `lastScrape` knows whom to wait for.
 *
 * A scraper that says how long it waits comes before all others. Of those it is the one with the most regular intervals,
 * and of equally regular ones the one with the shortest interval.
 */
export class Scrapers {
  readonly #now: () => number;
  readonly #known = new Map<string, Visits>();
  readonly #waiters = new Set<Waiter>();
  #begun = 0;
  #isClosed = false;

  /** `now` is a monotonic clock, in seconds. */
  constructor(now: () => number = monotonicSeconds) {
    this.#now = now;
  }

  /** A scrape begins. Call the function that this returns when all of the answer has been sent. */
  begin(scraper: Scraper): () => void {
    this.#begun += 1;
    const number = this.#begun;
    const time = this.#now();
    return () => {
      this.#remember(scraper, time);
      for (const waiter of this.#waiters) {
        if (number > waiter.since && waiter.awaits(scraper)) waiter.resolve(true);
      }
    };
  }

  /**
   * Resolves with `true` when a scrape that begins after this call has been sent whole to the most regular scraper, and
   * with `false` after the time, or when the endpoint closes. Its timer keeps the process alive.
   */
  waitForLast(timeoutSeconds: number): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    const awaited = this.#mostRegular()?.scraper.key;
    return new Promise((resolve) => {
      const end = (isScraped: boolean) => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve(isScraped);
      };
      const waiter: Waiter = {
        since: this.#begun,
        // Where nobody has come before, the first scraper may be a Prometheus that has just found the process.
        awaits: ({ key, isAgent }) => (awaited === undefined ? isAgent : key === awaited),
        resolve: end,
      };
      const timer = setTimeout(() => end(false), timeoutSeconds * 1000);
      this.#waiters.add(waiter);
    });
  }

  /** Nobody waits any more. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.resolve(false);
  }

  #remember(scraper: Scraper, time: number): void {
    const known = this.#known.get(scraper.key) ?? { scraper, times: [], count: 0 };
    known.count += 1;
    known.times.push(time);
    if (known.times.length > mostTimes) known.times.shift();
    // The one that came last is the last in the map.
    this.#known.delete(scraper.key);
    if (this.#known.size >= mostScrapers) this.#forgetOne();
    this.#known.set(scraper.key, known);
  }

  /** Forgets the scraper that came least often, and of those the one that has been away for the longest time. */
  #forgetOne(): void {
    const rarest = Array.from(this.#known.values()).reduce((one, other) => (other.count < one.count ? other : one));
    this.#known.delete(rarest.scraper.key);
  }

  #mostRegular(): Visits | undefined {
    const now = this.#now();
    const present = Array.from(this.#known.values(), (visits) => ({ visits, ...rhythm(visits.times) })).filter(
      ({ visits: { scraper, times }, interval, deviation }) =>
        now - times.at(-1)! <= interval * missedIntervals && (scraper.isAgent || deviation <= leastRegularity),
    );
    const steps = ({ deviation }: { readonly deviation: number }) => Math.floor(deviation / sameRegularity);
    return present.toSorted(
      (one, other) =>
        Number(other.visits.scraper.isAgent) - Number(one.visits.scraper.isAgent) ||
        compare(steps(one), steps(other)) ||
        compare(one.interval, other.interval) ||
        other.visits.count - one.visits.count,
    )[0]?.visits;
  }
}

interface Rhythm {
  /** The median of the intervals, in seconds; Infinity where there are fewer than two. */
  readonly interval: number;
  /** How far intervals are from it, relative to it: 0 is regular. */
  readonly deviation: number;
}

/** The rhythm of these times. The medians ignore a scrape that was missed. */
function rhythm(times: readonly number[]): Rhythm {
  const intervals = times.slice(1).map((time, index) => time - times[index]!);
  if (intervals.length < 2) return { interval: Number.POSITIVE_INFINITY, deviation: Number.POSITIVE_INFINITY };
  const interval = median(intervals);
  return { interval, deviation: median(intervals.map((each) => Math.abs(each - interval))) / interval };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

/** As `-`, also for two that are infinite. */
function compare(one: number, other: number): number {
  return one === other ? 0 : one - other;
}
