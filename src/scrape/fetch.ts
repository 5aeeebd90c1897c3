import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { FetchExchange } from './fetch-exchange.ts';
import type { ScrapeSource } from './renderings.ts';
import { answerExchanges } from './scrapes.ts';

/** Answers scrapes of frameworks that turn a `Request` into a `Response`, as `answerExchanges` does. Throws `invalid_option`. */
export function scrapeFetch(source: ScrapeSource): (request: Request) => Promise<Response> {
  let answer: ReturnType<typeof answerExchanges> | undefined;
  return async (request) => {
    checkRequest(request);
    answer ??= answerExchanges(source); // most programs never ask
    const exchange = new FetchExchange(request);
    answer(exchange);
    return exchange.response;
  };
}

/** By its shape: frameworks have classes of their own that are like `Request`. */
function checkRequest(given: unknown): void {
  const request = (given ?? {}) as Partial<Request>; // JavaScript may give anything
  if (typeof request.url === 'string' && typeof request.headers?.get === 'function') return;
  throw invalidOption(`fetch() takes a Request, such as c.req.raw of Hono, not ${quoted(given)}`);
}
