import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** The beginning of an answer. The body arrives as it is read. */
export interface Answer {
  readonly status: number;
  /** By name in small letters; of a header that is there several times, what Node.js makes of it. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the rest of the body up. */
  readonly cancel: () => void;
}

/** Sends a GET request. Rejects where there is no answer, or the signal is aborted. */
export type Request = (url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Answer>;

/** Larger than what any proxy adds. */
const mostHeaderBytes = 256 * 1024;

/**
 * Sends it over a connection of its own: workers of a cluster take connections in turn, and a connection that was kept may be
 * dead. Any port will do, unlike with `fetch`, which blocks those of other protocols.
 */
export const request: Request = (url, headers, signal) =>
  new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const options = { headers, signal, agent: false, maxHeaderSize: mostHeaderBytes } as const;
    send(url, options, (response) => resolve(toAnswer(response)))
      .on('error', reject)
      .end();
  });

function toAnswer(response: IncomingMessage): Answer {
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: response,
    cancel: () => void response.destroy(),
  };
}
