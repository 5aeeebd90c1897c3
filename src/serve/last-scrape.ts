import type { IncomingMessage } from 'node:http';
import { checkKeys, keysOf } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { checkSeconds } from '../core/check-type.ts';
import type { HttpRequestHandler } from '../http/request-handler.ts';
import type { Scraper, Scrapers } from '../scrape/scrapers.ts';

/** Options of `lastScrape()`. */
export interface LastScrapeOptions {
  /** Longest time to wait, in seconds, 0.001 to 3600. By default 20. Take more than the scraper's interval. */
  readonly timeoutSeconds?: number | undefined;
}

const lastScrapeKeys = keysOf<LastScrapeOptions>({ timeoutSeconds: true });

/** Seconds to wait. Throws `invalid_option`. */
export function secondsToWait(options: LastScrapeOptions): number {
  checkObject('lastScrape() takes an object, such as { timeoutSeconds: 20 }', options);
  checkKeys('lastScrape()', options, lastScrapeKeys);
  const { timeoutSeconds = 20 } = options;
  checkSeconds('timeoutSeconds', timeoutSeconds);
  return timeoutSeconds;
}

/** Answers as `answer` does, and lets `scrapers` know of each scrape, and which of them were sent whole. */
export function watchScrapes(scrapers: Scrapers, answer: HttpRequestHandler): HttpRequestHandler {
  return (request, response) => {
    const sentWhole = scrapers.begin(scraperOf(request));
    // Node emits it when the operating system has all of the answer. It then delivers it, also if the process ends.
    response.once('finish', () => {
      if (request.method === 'GET' && response.statusCode === 200) sentWhole();
    });
    answer(request, response);
  };
}

/** Longest part of a program's name that tells it from others. */
const longestName = 200;

/** Two jobs of one Prometheus that ask for different metrics are two scrapers. */
function scraperOf({ headers, socket, url }: IncomingMessage): Scraper {
  const program = headers['user-agent']?.slice(0, longestName);
  return {
    key: JSON.stringify([socket.remoteAddress, program, url]),
    isAgent: Number(headers['x-prometheus-scrape-timeout-seconds']) > 0,
  };
}
