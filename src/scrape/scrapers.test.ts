import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Scraper, Scrapers } from './scrapers.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const agent = (key: string): Scraper => ({ key, isAgent: true });
const person = (key: string): Scraper => ({ key, isAgent: false });

type Visit = readonly [time: number, scraper: Scraper];
/** Visits from `from` on, with these seconds between them. */
const every = (seconds: number, scraper: Scraper, { from = 0, to = 300 } = {}): Visit[] =>
  Array.from({ length: Math.floor((to - from) / seconds) + 1 }, (_, index) => [from + index * seconds, scraper]);
const at = (times: readonly number[], scraper: Scraper): Visit[] => times.map((time) => [time, scraper]);

/** Scrapers that have had these visits until second 300. */
function visited(visits: readonly Visit[]): Scrapers {
  let time = 0;
  const scrapers = new Scrapers(() => time);
  for (const [visitTime, scraper] of visits.toSorted(([one], [other]) => one - other)) {
    time = visitTime;
    scrapers.begin(scraper)();
  }
  time = 300;
  return scrapers;
}

const prometheus = agent('prometheus');
const nobody = 'none of these';
const choices: [name: string, visits: Visit[], awaited: string][] = [
  [
    'Prometheus, and a person with a browser',
    [...every(15, prometheus), ...at([1, 2, 3, 4, 290], person('curl'))],
    'prometheus',
  ],
  [
    'Prometheus, and a program that does not say how long it waits, however regular it is',
    [...every(60, prometheus), ...every(2, person('watch curl'))],
    'prometheus',
  ],
  [
    'of two equally regular Prometheus servers the one that comes more often',
    [...every(60, agent('slow'), { from: -6000 }), ...every(15, prometheus, { from: 7 })],
    'prometheus',
  ],
  [
    'the more regular one, also if it comes less often',
    [...every(60, prometheus), ...at([200, 203, 230, 231, 260, 299], agent('hand-made'))],
    'prometheus',
  ],
  [
    'a Prometheus that missed a scrape is still regular',
    [...every(15, prometheus).filter(([time]) => time !== 270), ...at([280, 284, 299], agent('hand-made'))],
    'prometheus',
  ],
  [
    'a Prometheus that has moved to another address',
    [...every(15, agent('old'), { to: 200 }), ...every(15, prometheus, { from: 240 })],
    'prometheus',
  ],
  ['a Prometheus that came once', [...at([290], prometheus), ...every(2, person('watch curl'))], 'prometheus'],
  ['without any Prometheus, a regular program', every(10, person('telegraf')), 'telegraf'],
  ['people alone are no scrapers', at([10, 11, 200, 203, 299], person('curl')), nobody],
  ['nobody has come yet', [], nobody],
  [
    'a flood of programs that make up their names',
    [...every(15, prometheus), ...every(0.1, prometheus, { to: 0 }), ...Array.from(every(0.5, prometheus), flood)],
    'prometheus',
  ],
];
function flood([time]: Visit, index: number): Visit {
  return [time + 0.01, agent(`made up ${index}`)];
}

describe('whom lastScrape() waits for', () => {
  test.each(choices)('%s', async (_name, visits, awaited) => {
    const scrapers = visited(visits);
    let isScraped = false;
    const wait = async () => {
      isScraped = await scrapers.waitForLast(1000);
    };
    const waiting = wait();
    const others = new Map(visits.map(([, scraper]) => [scraper.key, scraper]));
    others.delete(awaited);
    for (const scraper of others.values()) {
      scrapers.begin(scraper)();
      await Promise.resolve();
      expect([scraper.key, isScraped]).toEqual([scraper.key, false]);
    }
    // Where nobody is regular, the first Prometheus to come is.
    scrapers.begin(visits.find(([, { key }]) => key === awaited)?.[1] ?? agent('new'))();
    await waiting;
    expect(isScraped).toBe(true);
  });
});

test('a scrape that began before the call does not count', async () => {
  const scrapers = visited(every(15, prometheus));
  const early = scrapers.begin(prometheus);
  const ended = vi.fn<(isScraped: boolean) => void>();
  const waiting = scrapers.waitForLast(10).then(ended);
  early();
  await vi.advanceTimersByTimeAsync(9999);
  expect(ended).not.toHaveBeenCalled();
  scrapers.begin(prometheus)();
  await waiting;
  expect(ended).toHaveBeenCalledWith(true);
  expect(vi.getTimerCount()).toBe(0);
});

const ends: [name: string, end: (scrapers: Scrapers) => unknown][] = [
  ['the time is over', () => vi.advanceTimersByTimeAsync(10_000)],
  ['a scrape is not sent whole', (scrapers) => [scrapers.begin(prometheus), vi.advanceTimersByTimeAsync(10_000)]],
  ['the endpoint closes', (scrapers) => scrapers.close()],
];
test.each(ends)('false when %s', async (_name, end) => {
  const scrapers = visited(every(15, prometheus));
  const waiting = scrapers.waitForLast(10);
  await end(scrapers);
  expect(await waiting).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test('false at once when the endpoint has been closed', async () => {
  const scrapers = visited(every(15, prometheus));
  scrapers.close();
  expect(await scrapers.waitForLast(10)).toBe(false);
});
