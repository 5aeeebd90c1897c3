import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { printable } from '../core/printable.ts';

/** One answer to a scrape. */
export interface Rendered {
  readonly contentType: string;
  readonly body: string;
}

export interface ScrapeSource {
  render(): Promise<Rendered>;
  /** Told of a scrape that failed and was answered with 500. */
  failed(error: unknown): void;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Answers scrapes, whatever the request's path: GET and HEAD, gzip where it is accepted.
 * A scrape that fails is a 500 without a single sample, so that `up` tells the truth.
 */
export function scrapeHandler(source: ScrapeSource): RequestHandler {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      sendText(response, 405, `${request.method} is not answered here: use GET or HEAD`);
      return;
    }
    answer(source, request, response).catch((error: unknown) => {
      source.failed(error);
      if (response.headersSent) response.destroy();
      else sendText(response, 500, `the scrape failed: ${reason(error)}`);
    });
  };
}

/** What was thrown, on one line: no line of it can be taken for a sample. */
function reason(error: unknown): string {
  return printable(error instanceof Error ? error.message : error).replace(/\s+/g, ' ');
}

async function answer(source: ScrapeSource, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { contentType, body } = await source.render();
  response.setHeader('Content-Type', contentType);
  response.setHeader('Vary', 'Accept-Encoding');
  let bytes: Uint8Array = Buffer.from(body);
  if (acceptsGzip(request.headers['accept-encoding'])) {
    bytes = await compress(bytes, { level: 1 });
    response.setHeader('Content-Encoding', 'gzip');
  }
  response.setHeader('Content-Length', bytes.length);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

const compress = promisify<Uint8Array, { level: number }, Uint8Array>(gzip);

/** Whether an Accept-Encoding header names gzip, or anything, with a weight above 0 (RFC 9110, 12.5.3). */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  let wildcard = false;
  for (const part of String(header ?? '').split(',')) {
    const [coding, ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const wanted = weight === undefined || Number(weight.slice(2)) > 0;
    if (coding === 'gzip') return wanted;
    if (coding === '*') wildcard = wanted;
  }
  return wildcard;
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}
