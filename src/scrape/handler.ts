import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { checkKeys, keysOf, renamedTo } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { chooseCoding } from '../http/coding.ts';
import { Guard } from '../http/guard.ts';
import { headerParser } from '../http/header-parser.ts';
import { isReading } from '../http/methods.ts';
import { sendText } from '../http/plain-text.ts';
import type { RequestHandler } from '../http/request-handler.ts';
import { Answer } from './answer.ts';
import { longestQuery, parseAsked, queryOf } from './names.ts';
import { negotiate } from './negotiate.ts';
import { Places } from './places.ts';
import { type Format, Renderings, type ScrapeSource } from './renderings.ts';

/** Limits of the scrapes that a handler answers. */
export interface HandlerOptions {
  /**
   * Most scrapes that are answered at the same time, at least 1. By default 40. Above that, the scrape whose client has
   * not read its answer for the longest time makes room, or the new one gets 503.
   */
  readonly maxRequestsInFlight?: number | undefined;
  /**
   * Longest time until the last byte of an answer is sent, in seconds, 0.001 to 3600. By default 10.
   *
   * A scraper that says how long it waits (`X-Prometheus-Scrape-Timeout-Seconds`, as Prometheus does) gets that time instead.
   */
  readonly timeoutSeconds?: number | undefined;
}

/**
 * Answers scrapes on a server that others have made, and bounds what the requests of one connection cost there. As
 * `answerScrapes` otherwise.
 */
export function scrapeHandler(source: ScrapeSource, options: HandlerOptions = {}): RequestHandler {
  const answer = answerScrapes(source, options);
  const guard = new Guard();
  return (request, response) => {
    if (guard.admit(request, response)) answer(request, response);
  };
}

/**
 * Answers scrapes, whatever the request's path: GET and HEAD, compressed as is accepted, `?name[]=` for some families,
 * `?naming=` for other vocabularies than by default: one that is not known is a 400.
 *
 * An answer begins when it is rendered whole. A scrape that fails is a 500 without a single sample, so that `up` tells the
 * truth; one that takes too long, or that is one too many, is a 503. Throws `invalid_option`.
 */
export function answerScrapes(source: ScrapeSource, options: HandlerOptions = {}): RequestHandler {
  checkHandlerOptions('handler()', options);
  const { maxRequestsInFlight = 40, timeoutSeconds = 10 } = options;
  const { stats, vocabularies = [] } = source;
  const renderings = new Renderings(source);
  const formatOf = formats(source);
  const processStart = String(Math.floor(Date.now() / 1000 - process.uptime()));
  const instance = randomUUID();
  const places = new Places(maxRequestsInFlight);

  return (request, response) => {
    if (!isReading(request, response)) return;
    if (queryOf(request.url).length > longestQuery) {
      sendText(response, 414, `the query is longer than ${longestQuery} characters`);
      return;
    }
    const format = formatOf(request);
    const unknown = format.naming.find((name) => !vocabularies.includes(name));
    if (unknown !== undefined) {
      const remedy = `naming can be ${vocabularies.join(', ')}`;
      sendText(response, 400, `there is no vocabulary ${JSON.stringify(unknown)}: ${remedy}`);
      return;
    }
    if (!places.makeRoom()) {
      stats.requests['503'] += 1;
      response.setHeader('Retry-After', '1');
      sendText(response, 503, `${maxRequestsInFlight} scrapes are being answered already: try again later`);
      return;
    }
    if (response.destroyed) return; // its client left while others handled the request
    stats.inFlight += 1;
    const answer = new Answer(response, {
      seconds: patience(request.headers['x-prometheus-scrape-timeout-seconds'], timeoutSeconds),
      released: () => {
        places.leave(answer);
        stats.inFlight -= 1;
      },
      stats,
    });
    places.take(answer);
    answer.waitFor((waiter) => renderings.join(format, waiter), {
      'Content-Type': format.encoding.contentType,
      Vary: 'Accept, Accept-Encoding',
      // A page of another origin can neither read an answer nor take it for a script.
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'Process-Start-Time-Unix': processStart,
      // Workers of a cluster start in the same second: `check` tells them apart by this.
      'Process-Instance': instance,
      ...(format.coding !== 'identity' && { 'Content-Encoding': format.coding }),
    });
  };
}

/** What a request asks for. */
function formats({ offer }: ScrapeSource): (request: IncomingMessage) => Format {
  const encodingOf = headerParser((accept) => negotiate(accept, offer));
  const codingOf = headerParser(chooseCoding);
  return ({ headers, url }) => ({
    ...parseAsked(url),
    encoding: encodingOf(headers.accept),
    coding: codingOf(headers['accept-encoding']),
  });
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
