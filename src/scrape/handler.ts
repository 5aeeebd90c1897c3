import { Guard } from '../http/guard.ts';
import type { HttpRequestHandler } from '../http/request-handler.ts';
import type { ScrapeHandlerOptions } from './handler-options.ts';
import { NodeExchange } from './node-exchange.ts';
import type { ScrapeSource } from './renderings.ts';
import { answerExchanges } from './scrapes.ts';
import { Turns } from './turns.ts';

/**
 * Answers scrapes on a server that others have made, and bounds what the requests of one connection cost there. As
 * `answerScrapes` otherwise.
 */
export function scrapeHandler(source: ScrapeSource, options?: ScrapeHandlerOptions): HttpRequestHandler {
  const answer = answerScrapes(source, options);
  const guard = new Guard();
  return (request, response) => {
    if (guard.admit(request, response)) answer(request, response);
  };
}

/** Answers scrapes over Node's HTTP, as `answerExchanges` does. Throws `invalid_option`. */
export function answerScrapes(source: ScrapeSource, options?: ScrapeHandlerOptions): HttpRequestHandler {
  const answer = answerExchanges(source, options);
  const turns = new Turns();
  return (request, response) => answer(new NodeExchange(request, response, () => turns.next()));
}
