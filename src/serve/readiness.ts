import { sendText } from '../http/plain-text.ts';
import type { HttpRequestHandler } from '../http/request-handler.ts';

/** What the gRPC servers of the process do with new calls, all together. */
export type ServersState = 'starting' | 'serving' | 'draining' | 'closed';

/** Answers 200 while the servers accept calls, else 503 and why. */
export function answerReadiness(stateOf: () => ServersState): HttpRequestHandler {
  return (_request, response) => {
    const state = stateOf();
    if (state === 'serving') sendText(response, 200, 'ready');
    else sendText(response, 503, `not ready: a gRPC server is ${state}`);
  };
}
