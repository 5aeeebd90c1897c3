import { randomUUID } from 'node:crypto';
import { chooseCoding } from '../http/coding.ts';
import { headerParser } from '../http/header-parser.ts';
import { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { Format } from './format.ts';
import { checkHandlerOptions, type ScrapeHandlerOptions } from './handler-options.ts';
import { groupingProblem, longestQuery, parseAsked, queryOf } from './names.ts';
import { negotiate } from './negotiate.ts';
import { Places } from './places.ts';
import { Renderings, type ScrapeSource } from './renderings.ts';

/**
 * Returns a function that answers scrapes, whatever the request's path and whatever carries it: GET and HEAD, compressed
 * as is accepted, `?name[]=` for some families, `?naming=` for other vocabularies than by default, `?by=process` for
 * the series of each process. An unknown one gets 400.
 *
 * An answer begins when it is rendered whole. A scrape that fails gets 500 without a single sample, so that `up` tells
 * the truth; one that takes too long, or that is one too many, gets 503. Throws `invalid_option`.
 */
export function answerExchanges(
  source: ScrapeSource,
  options: ScrapeHandlerOptions = {},
): (exchange: Exchange) => void {
  checkHandlerOptions('handler()', options);
  const { maxRequestsInFlight = 40, timeoutSeconds = 10 } = options;
  const { stats, vocabularies = [] } = source;
  const renderings = new Renderings(source);
  const formatOf = formats(source);
  const processStart = String(Math.floor(Date.now() / 1000 - process.uptime()));
  const instance = randomUUID();
  const places = new Places(maxRequestsInFlight);

  return (exchange) => {
    const { method, url } = exchange;
    if (method !== 'GET' && method !== 'HEAD') {
      exchange.refuse(405, `${method} is not answered here: use GET or HEAD`, { Allow: 'GET, HEAD' });
      return;
    }
    if (queryOf(url).length > longestQuery) {
      exchange.refuse(414, `the query is longer than ${longestQuery} characters`);
      return;
    }
    const format = formatOf(exchange);
    const unknown = format.naming.find((name) => !vocabularies.includes(name));
    if (unknown !== undefined) {
      const remedy = `naming can be ${vocabularies.join(', ')}`;
      exchange.refuse(400, `there is no vocabulary ${JSON.stringify(unknown)}: ${remedy}`);
      return;
    }
    const problem = groupingProblem(format.by, source);
    if (problem !== undefined) {
      exchange.refuse(400, problem);
      return;
    }
    if (!places.makeRoom()) {
      stats.requests['503'] += 1;
      const reason = `${maxRequestsInFlight} scrapes are being answered already: try again later`;
      exchange.refuse(503, reason, { 'Retry-After': '1' });
      return;
    }
    if (exchange.isOver) return; // its client left while others handled the request
    stats.inFlight += 1;
    const answer = new Answer(exchange, {
      seconds: patience(exchange.header('x-prometheus-scrape-timeout-seconds'), timeoutSeconds),
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
function formats({ offer }: ScrapeSource): (exchange: Exchange) => Format {
  const encodingOf = headerParser((accept) => negotiate(accept, offer));
  const codingOf = headerParser(chooseCoding);
  return (exchange) => ({
    ...parseAsked(exchange.url),
    encoding: encodingOf(exchange.header('accept')),
    coding: codingOf(exchange.header('accept-encoding')),
  });
}

/** Longest that a scraper's own timeout is believed, in seconds, so that none can hold an answer for ever. */
const longestPatience = 120;

/** Seconds to answer in: what the scraper waits, less a margin for the way back, or else `timeoutSeconds`. */
export function patience(header: string | readonly string[] | undefined, timeoutSeconds: number): number {
  const seconds = Number(header);
  if (!(seconds > 0)) return timeoutSeconds; // missing, NaN, or nothing that can be waited
  const believed = Math.min(seconds, Math.max(longestPatience, timeoutSeconds));
  return believed - Math.min(0.5, believed / 10);
}
