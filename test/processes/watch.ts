import { setTimeout as sleep } from 'node:timers/promises';

/** The numbers of one scrape, by the text of their series. */
export type Scraped = ReadonlyMap<string, number>;

/** Scrapes an endpoint on a connection of its own; undefined if nobody answers in time. */
export async function scrape(url: string, query = ''): Promise<Scraped | undefined> {
  try {
    const signal = AbortSignal.timeout(3000);
    const response = await fetch(`${url}/metrics${query}`, { signal, headers: { connection: 'close' } });
    if (!response.ok) return undefined;
    return numbersIn(await response.text());
  } catch {
    return undefined;
  }
}

/** Scrapes again and again, and notes what no scrape may show. */
export class Watch {
  scrapes = 0;
  missed = 0;
  /** Counters that fell, and histograms whose parts do not agree. */
  readonly problems: string[] = [];
  #isStopped = false;
  readonly #loop: Promise<void>;

  constructor(url: string, milliseconds = 100) {
    this.#loop = this.#watch(url, milliseconds);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
  }

  async #watch(url: string, milliseconds: number): Promise<void> {
    let last: Scraped = new Map();
    while (!this.#isStopped) {
      const now = await scrape(url);
      if (now === undefined) this.missed += 1;
      else {
        this.scrapes += 1;
        this.#compare(last, now);
        last = now;
      }
      await sleep(milliseconds);
    }
  }

  #compare(last: Scraped, now: Scraped): void {
    for (const [series, value] of last) {
      if (!isMonotone(series)) continue;
      const next = now.get(series);
      if (next === undefined) this.problems.push(`${series} is gone`);
      else if (next < value) this.problems.push(`${series} fell from ${value} to ${next}`);
    }
    const requests = sumOf(now, 'grpc_requests_total');
    const durations = sumOf(now, 'grpc_request_duration_seconds_count');
    if (requests !== durations) this.problems.push(`${requests} requests have ${durations} durations`);
    const inFlight = sumOf(now, 'grpc_requests_in_flight');
    if (inFlight < 0) this.problems.push(`${inFlight} requests are in flight`);
  }
}

/** The sum of all series of a name whose labels have this text. */
export function sumOf(scraped: Scraped, name: string, label = ''): number {
  let sum = 0;
  for (const [series, value] of scraped) {
    if ((series === name || series.startsWith(`${name}{`)) && series.includes(label)) sum += value;
  }
  return sum;
}

/** Counters of the service. Those with the label `worker` are of one process, and begin anew with it. */
function isMonotone(series: string): boolean {
  return /(_total|_count|_sum|_bucket)(\{|$)/.test(series) && !series.includes('worker="');
}

/** The numbers in a scrape in the text format. */
export function numbersIn(text: string): Scraped {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
