import { checkKeys, keysOf, renamedTo } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { checkSeconds } from '../core/check-type.ts';
import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';

/** Limits of the scrapes that a handler answers. */
export interface ScrapeHandlerOptions {
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

const handlerKeys = keysOf<ScrapeHandlerOptions>({ maxRequestsInFlight: true, timeoutSeconds: true });

/** Options of earlier versions, and what each is now. */
export const renamedHandlerKeys: Readonly<Record<string, string>> = { timeout: renamedTo('timeoutSeconds') };

/** Throws `invalid_option`. */
export function checkHandlerOptions(where: string, options: ScrapeHandlerOptions): void {
  checkObject(`${where} takes an object, such as { timeoutSeconds: 5 }`, options);
  checkKeys(where, options, handlerKeys, renamedHandlerKeys);
  const { maxRequestsInFlight = 1, timeoutSeconds = 1 } = options;
  if (!Number.isSafeInteger(maxRequestsInFlight) || maxRequestsInFlight < 1) {
    const problem = `maxRequestsInFlight must be a whole number from 1, not ${quoted(maxRequestsInFlight)}`;
    throw invalidOption(problem);
  }
  checkSeconds('timeoutSeconds', timeoutSeconds);
}
