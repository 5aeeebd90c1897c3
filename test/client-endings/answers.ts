import type { ServerHttp2Stream } from 'node:http2';
import type { Answer } from '../support/backends.ts';
import { frame } from '../support/raw-client.ts';
import { messages } from '../support/test-client.ts';

export const grpcHeaders = { ':status': 200, 'content-type': 'application/grpc' };

/** A small message, as gRPC frames it. */
export const framed: Buffer = frame(messages.small);

/** Responds with headers, these bytes, and trailers. */
export function respond(
  stream: ServerHttp2Stream,
  body: Buffer = framed,
  { headers = {}, trailers = {} }: { headers?: Record<string, string>; trailers?: Record<string, string> } = {},
): void {
  stream.respond({ ...grpcHeaders, ...headers }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...trailers }));
  stream.end(body);
}

/** Responds with headers and a message, and leaves the stream open. */
export function respondAndHold(stream: ServerHttp2Stream): void {
  stream.respond(grpcHeaders, { waitForTrailers: true });
  stream.write(framed);
}

/** Answers trailers-only: one block of headers that ends the stream. */
export function trailersOnly(headers: Record<string, string | number>): Answer {
  return (stream) => stream.respond({ ...grpcHeaders, ...headers }, { endStream: true });
}
