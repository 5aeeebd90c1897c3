import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Most answers that one connection may wait for. Browsers and Prometheus never pipeline: they wait for one. So whoever
 * asks for a ninth attacks, or is a load generator that measures something else.
 */
const mostOutstanding = 8;

/**
 * Bounds what the requests of one connection cost, on any server of HTTP/1: the endpoint's own, and a user's with
 * `handler()`.
 *
 * - Above 8 answers that are outstanding the connection is destroyed. Node would otherwise keep each answer in memory,
 *   because it parses a chunk of 2,000 pipelined requests to its end.
 * - A body is never read: its connection is closed with the answer. Node would otherwise read it for as long as it comes.
 *
 * HTTP/2 has bounds of its own for both, and no connection that an answer could close.
 */
export class Guard {
  /** The answers that are outstanding, by connection. A connection takes its entry along when it is collected. */
  readonly #answers = new WeakMap<object, Set<ServerResponse>>();

  /** Whether to answer the request. Call it once for each request, before anything is written. */
  admit(request: IncomingMessage, response: ServerResponse): boolean {
    const socket = request.socket as Socket | undefined; // requests that test tools make up have none
    if (socket?.destroyed === true) return false;
    if (socket === undefined || request.httpVersionMajor > 1) return true;
    const answers = this.#answersOf(socket);
    if (answers.size >= mostOutstanding) {
      socket.destroy();
      return false;
    }
    answers.add(response);
    response.once('close', () => answers.delete(response));
    if (hasUnreadBody(request)) response.setHeader('Connection', 'close');
    return true;
  }

  /** The answers that this connection waits for. */
  outstanding(socket: object): ReadonlySet<ServerResponse> {
    return this.#answersOf(socket);
  }

  #answersOf(socket: object): Set<ServerResponse> {
    const known = this.#answers.get(socket);
    if (known !== undefined) return known;
    const answers = new Set<ServerResponse>();
    this.#answers.set(socket, answers);
    return answers;
  }
}

/** A body that a user's server has read before us does no harm. */
function hasUnreadBody({ headers, readableEnded }: IncomingMessage): boolean {
  return !readableEnded && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0);
}
