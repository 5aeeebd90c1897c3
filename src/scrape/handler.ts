import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { Guard } from '../http/guard.ts';
import type { HttpRequestHandler } from '../http/request-handler.ts';
import type { ScrapeHandlerOptions } from './handler-options.ts';
import { NodeExchange } from './node-exchange.ts';
import type { ScrapeSource } from './renderings.ts';
import { answerExchanges } from './scrapes.ts';
import { Turns } from './turns.ts';

/** Answers scrapes on a server of HTTP/1, or of HTTP/2 with Node's compatibility API. */
export type ScrapeHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void;

/**
 * Answers scrapes on a server that others have made, and bounds what the requests of one connection cost there. As
 * `answerScrapes` otherwise.
 */
export function scrapeHandler(source: ScrapeSource, options?: ScrapeHandlerOptions): ScrapeHandler {
  const answer = answerScrapes(source, options);
  const guard = new Guard();
  const admit: HttpRequestHandler = (request, response) => {
    if (guard.admit(request, response)) answer(request, response);
  };
  return admit as ScrapeHandler; // the compatibility API has all members that are used
}

/** Answers scrapes over Node's HTTP, as `answerExchanges` does. Throws `invalid_option`. */
export function answerScrapes(source: ScrapeSource, options?: ScrapeHandlerOptions): HttpRequestHandler {
  const answer = answerExchanges(source, options);
  const turns = new Turns();
  return (request, response) => answer(new NodeExchange(request, response, () => turns.next()));
}
