import type { IncomingMessage } from 'node:http';
import { checkKeys, keysOf, renamedTo } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { chooseCoding } from '../http/coding.ts';
import { isReading } from '../http/methods.ts';
import { sendText } from '../http/plain-text.ts';
import type { RequestHandler } from '../http/request-handler.ts';
import { Answer } from './answer.ts';
import { askedNames, askedNaming } from './names.ts';
import { negotiate } from './negotiate.ts';
import { type Format, Renderings, type ScrapeSource } from './renderings.ts';

/** Limits of the scrapes that a handler answers. */
export interface HandlerOptions {
  /** Most scrapes that are answered at the same time, at least 1. By default 40. Further scrapes get 503. */
  readonly maxRequestsInFlight?: number | undefined;
  /**
   * Longest time until the last byte of an answer is sent, in seconds, 0.001 to 3600. By default 10.
   *
   * A scraper that says how long it waits (`X-Prometheus-Scrape-Timeout-Seconds`, as Prometheus does) gets that time instead.
   */
  readonly timeoutSeconds?: number | undefined;
}

/**
 * Answers scrapes, whatever the request's path: GET and HEAD, compressed as is accepted, `?name[]=` for some families,
 * `?naming=` for other vocabularies than by default: one that is not known is a 400.
 *
 * An answer begins when it is rendered whole. A scrape that fails is a 500 without a single sample, so that `up` tells the
 * truth; one that takes too long, or that is one too many, is a 503. Throws `invalid_option`.
 */
export function scrapeHandler(source: ScrapeSource, options: HandlerOptions = {}): RequestHandler {
  checkHandlerOptions('handler()', options);
  const { maxRequestsInFlight = 40, timeoutSeconds = 10 } = options;
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
      seconds: patience(request.headers['x-prometheus-scrape-timeout-seconds'], timeoutSeconds),
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

/** Seconds to answer in: what the scraper waits, less a margin for the way back, or else `timeoutSeconds`. */
export function patience(header: string | string[] | undefined, timeoutSeconds: number): number {
  const seconds = Number(header);
  if (!(seconds > 0)) return timeoutSeconds; // missing, NaN, or nothing that can be waited
  const believed = Math.min(seconds, Math.max(longestPatience, timeoutSeconds));
  return believed - Math.min(0.5, believed / 10);
}

const handlerKeys = keysOf<HandlerOptions>({ maxRequestsInFlight: true, timeoutSeconds: true });

/** Options of earlier versions, and what each is now. */
export const renamedHandlerKeys: Readonly<Record<string, string>> = { timeout: renamedTo('timeoutSeconds') };

function checkHandlerOptions(where: string, options: HandlerOptions): void {
  checkObject(`${where} takes an object, such as { timeoutSeconds: 5 }`, options);
  checkKeys(where, options, handlerKeys, renamedHandlerKeys);
  const { maxRequestsInFlight = 1, timeoutSeconds = 1 } = options;
  if (!Number.isSafeInteger(maxRequestsInFlight) || maxRequestsInFlight < 1) {
    const problem = `maxRequestsInFlight must be a whole number from 1, not ${quoted(maxRequestsInFlight)}`;
    throw invalidOption(problem);
  }
  if (typeof timeoutSeconds !== 'number' || !(timeoutSeconds >= 0.001 && timeoutSeconds <= 3600)) {
    const problem = `timeoutSeconds must be a number from 0.001 to 3600, not ${quoted(timeoutSeconds)}`;
    throw invalidOption(problem);
  }
}
