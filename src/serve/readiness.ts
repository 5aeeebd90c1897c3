import type { ServerResponse } from 'node:http';
import { sendText } from '../http/plain-text.ts';
import type { HttpRequestHandler } from '../http/request-handler.ts';

/** What the gRPC servers do with new calls, all together. `blocked`: those of several processes, of which none is at work. */
export type ServersState = 'starting' | 'serving' | 'draining' | 'closed' | 'blocked';

/** Says for how long the thread that serves calls has been blocked, in seconds; 0 while it is at work. */
export type BlockedSeconds = () => number;

/** Answers 200 while the process is at work, else 503 and since when it is not. */
export function answerHealth(blockedSeconds: BlockedSeconds): HttpRequestHandler {
  return (_request, response) => {
    const seconds = blockedSeconds();
    if (seconds === 0) sendText(response, 200, 'healthy');
    else sendText(response, 503, `not healthy: ${describeBlock(seconds)}`);
  };
}

/** Answers 200 while the servers accept calls, else 503 and why. `stateOf` never rejects. */
export function answerReadiness(
  stateOf: () => ServersState | Promise<ServersState>,
  blockedSeconds: BlockedSeconds,
): HttpRequestHandler {
  const answer = (response: ServerResponse, state: ServersState) => {
    const seconds = blockedSeconds();
    if (state === 'serving') sendText(response, 200, 'ready');
    else if (seconds > 0) sendText(response, 503, `not ready: ${describeBlock(seconds)}`);
    else if (state === 'blocked') sendText(response, 503, 'not ready: every process with a gRPC server is blocked');
    else sendText(response, 503, `not ready: a gRPC server is ${state}`);
  };
  return (_request, response) => {
    const state = stateOf();
    if (state instanceof Promise) void state.then((later) => answer(response, later));
    else answer(response, state);
  };
}

function describeBlock(seconds: number): string {
  return `the main thread has been blocked for ${seconds.toFixed(1)} s`;
}
