import type { IncomingMessage } from 'node:http';
import { checkObject } from '../core/check-object.ts';
import { MetricsError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { chooseCoding } from '../http/coding.ts';
import { isReading } from '../http/methods.ts';
import { sendText } from '../http/plain-text.ts';
import type { RequestHandler } from '../http/request-handler.ts';
import { Answer } from './answer.ts';
import { askedNames, askedNaming } from './names.ts';
import { negotiate } from './negotiate.ts';
import { type Format, Renderings, type ScrapeSource } from './renderings.ts';

/** One scrape, as `render` gives it. */
export interface Rendered {
  readonly contentType: string;
  /** Text, or bytes where the format is binary. */
  readonly body: string | Uint8Array;
}

export interface HandlerOptions {
  /** Scrapes that may be answered at the same time; what comes above is answered 503. From 1; 40 by default. */
  readonly maxRequestsInFlight?: number | undefined;
  /**
   * Seconds that a scrape may take, until its last byte is sent, where the scraper does not say how long it waits
   * (`X-Prometheus-Scrape-Timeout-Seconds`, as Prometheus does). 0.001 to 3600; 10 by default.
   */
  readonly timeout?: number | undefined;
}

/**
 * Answers scrapes, whatever the request's path: GET and HEAD, compressed as is accepted, `?name[]=` for some families,
 * `?naming=` for other vocabularies than by default: one that is not known is a 400.
 *
 * An answer begins when it is rendered whole. A scrape that fails is a 500 without a single sample, so that `up` tells the
 * truth; one that takes too long, or that is one too many, is a 503. Throws `invalid_option`.
 */
export function scrapeHandler(source: ScrapeSource, options: HandlerOptions = {}): RequestHandler {
  checkObject('options of scrapes must be an object', options);
  const { maxRequestsInFlight = 40, timeout = 10 } = options;
  checkOptions(maxRequestsInFlight, timeout);
  const { stats, vocabularies = [] } = source;
  const renderings = new Renderings(source);
  const processStart = String(Math.floor(Date.now() / 1000 - process.uptime()));
  let inFlight = 0;

  return (request, response) => {
    if (!isReading(request, response)) return;
    const unknown = askedNaming(request.url).find((name) => !vocabularies.includes(name));
    if (unknown !== undefined) {
      const remedy = `naming can be ${vocabularies.join(', ')}`;
      sendText(response, 400, `there is no vocabulary ${JSON.stringify(unknown)}: ${remedy}`);
      return;
    }
    if (inFlight >= maxRequestsInFlight) {
      stats.requests['503'] += 1;
      response.setHeader('Retry-After', '1');
      sendText(response, 503, `${maxRequestsInFlight} scrapes are being answered already: try again later`);
      return;
    }
    if (response.destroyed) return; // its client left while others handled the request
    inFlight += 1;
    stats.inFlight += 1;
    const answer = new Answer(response, {
      seconds: patience(request.headers['x-prometheus-scrape-timeout-seconds'], timeout),
      released: () => {
        inFlight -= 1;
        stats.inFlight -= 1;
      },
      stats,
    });
    const format = formatOf(request, source);
    answer.waitFor((waiter) => renderings.join(format, waiter), {
      'Content-Type': format.encoding.contentType,
      Vary: 'Accept, Accept-Encoding',
      'Process-Start-Time-Unix': processStart,
      ...(format.coding !== 'identity' && { 'Content-Encoding': format.coding }),
    });
  };
}

function formatOf({ headers, url }: IncomingMessage, { offer }: ScrapeSource): Format {
  return {
    encoding: negotiate(headers.accept, offer),
    names: askedNames(url),
    naming: askedNaming(url),
    coding: chooseCoding(headers['accept-encoding']),
  };
}

/** Longest that a scraper's own timeout is believed, in seconds, so that none can hold an answer for ever. */
const longestPatience = 120;

/** Seconds to answer in: what the scraper waits, less a margin for the way back, or else `timeout`. */
export function patience(header: string | string[] | undefined, timeout: number): number {
  const seconds = Number(header);
  if (!(seconds > 0)) return timeout; // missing, NaN, or nothing that can be waited
  const believed = Math.min(seconds, Math.max(longestPatience, timeout));
  return believed - Math.min(0.5, believed / 10);
}

function checkOptions(maxRequestsInFlight: number, timeout: number): void {
  if (!Number.isSafeInteger(maxRequestsInFlight) || maxRequestsInFlight < 1) {
    const problem = `maxRequestsInFlight ${printable(maxRequestsInFlight)} must be a whole number from 1`;
    throw new MetricsError('invalid_option', problem);
  }
  if (typeof timeout !== 'number' || !(timeout >= 0.001 && timeout <= 3600)) {
    throw new MetricsError('invalid_option', `timeout ${printable(timeout)} must be seconds from 0.001 to 3600`);
  }
}
