import { constants } from 'node:http2';
import type { Answer } from '../../support/backends.ts';
import { frame } from '../../support/raw-client.ts';
import { messages } from '../../support/test-client.ts';
import { framed, grpcHeaders, respond, respondAndHold, trailersOnly } from '../answers.ts';
import { fake } from '../backend-starts.ts';
import { call } from '../drives.ts';
import type { Row } from '../row.ts';

/** Source: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
const httpStatuses: readonly (readonly [http: number, status: string])[] = [
  [400, 'INTERNAL'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'UNIMPLEMENTED'],
  [429, 'UNAVAILABLE'],
  [500, 'UNKNOWN'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'UNAVAILABLE'],
];

const resets: readonly (readonly [name: string, code: number, status: string])[] = [
  ['NO_ERROR', constants.NGHTTP2_NO_ERROR, 'INTERNAL'],
  ['PROTOCOL_ERROR', constants.NGHTTP2_PROTOCOL_ERROR, 'INTERNAL'],
  ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR, 'INTERNAL'],
  ['CANCEL', constants.NGHTTP2_CANCEL, 'CANCELLED'],
  ['ENHANCE_YOUR_CALM', constants.NGHTTP2_ENHANCE_YOUR_CALM, 'RESOURCE_EXHAUSTED'],
  ['INADEQUATE_SECURITY', constants.NGHTTP2_INADEQUATE_SECURITY, 'PERMISSION_DENIED'],
];

const withoutMessage: Answer = (stream) => respond(stream, Buffer.alloc(0));

/** Servers that break gRPC's protocol, or do not speak it. */
export const protocol: readonly Row[] = [
  ...httpStatuses.map(
    ([http, status]): Row => ({
      name: `HTTP ${http}`,
      method: 'Unary',
      backend: fake((stream) => {
        stream.respond({ ':status': http, 'content-type': 'text/plain' });
        stream.end('no');
      }),
      drive: call,
      seen: status,
    }),
  ),
  ...resets.map(
    ([name, code, status]): Row => ({
      name: `the server resets the stream with ${name}`,
      method: 'Bidi',
      backend: fake((stream) => {
        respondAndHold(stream);
        stream.once('data', () => stream.close(code));
      }),
      drive: async ({ application, method }) => {
        const started = application.start(method);
        await started.firstMessage;
        started.send();
        return started.status;
      },
      seen: status,
    }),
  ),
  {
    // gRPC clients read the text as a frame, and its first bytes as a length.
    name: 'a web page: HTTP 200 with text/html',
    method: 'Unary',
    backend: fake((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/html' });
      stream.end('<html>not found</html>');
    }),
    drive: call,
    seen: 'RESOURCE_EXHAUSTED',
  },
  {
    name: 'trailers-only with an error',
    method: 'Unary',
    backend: fake(trailersOnly({ 'grpc-status': 5 })),
    drive: call,
    seen: 'NOT_FOUND',
  },
  {
    name: 'trailers-only with a status that gRPC does not define',
    method: 'Unary',
    backend: fake(trailersOnly({ 'grpc-status': 99 })),
    drive: call,
    seen: 'UNKNOWN',
  },
  {
    name: 'trailers-only with a status that is no number',
    method: 'Unary',
    backend: fake(trailersOnly({ 'grpc-status': 'fine' })),
    drive: call,
    seen: 'UNKNOWN',
  },
  {
    name: 'trailers-only without a status',
    method: 'Unary',
    backend: fake(trailersOnly({})),
    drive: call,
    seen: 'UNKNOWN',
  },
  {
    name: 'a response without trailers',
    method: 'Unary',
    backend: fake((stream) => {
      stream.respond(grpcHeaders);
      stream.end(framed);
    }),
    drive: call,
    seen: 'INTERNAL',
    received: 1,
  },
  {
    name: 'unary: OK without a message',
    method: 'Unary',
    backend: fake(withoutMessage),
    drive: call,
    seen: 'UNIMPLEMENTED',
    attempts: { 'Unary OK': 1 },
  },
  {
    name: 'unary: trailers-only with OK',
    method: 'Unary',
    backend: fake(trailersOnly({ 'grpc-status': 0 })),
    drive: call,
    seen: 'UNIMPLEMENTED',
    attempts: { 'Unary OK': 1 },
  },
  {
    name: 'client stream: OK without a message',
    method: 'ClientStream',
    backend: fake(withoutMessage),
    drive: call,
    seen: 'UNIMPLEMENTED',
    attempts: { 'ClientStream OK': 1 },
  },
  {
    name: 'server stream: OK without a message is OK',
    method: 'ServerStream',
    backend: fake(withoutMessage),
    drive: call,
    seen: 'OK',
  },
  {
    name: 'client stream: two messages',
    method: 'ClientStream',
    backend: fake((stream) => respond(stream, Buffer.concat([framed, framed]))),
    drive: call,
    seen: 'UNIMPLEMENTED',
    received: 2,
  },
  {
    name: 'a truncated frame',
    method: 'Unary',
    backend: fake((stream) => respond(stream, framed.subarray(0, -1))),
    drive: call,
    seen: 'UNIMPLEMENTED',
    attempts: { 'Unary OK': 1 },
  },
  {
    name: 'a compressed message without an encoding',
    method: 'Unary',
    backend: fake((stream) => respond(stream, frame(messages.small, 1))),
    drive: call,
    seen: 'UNKNOWN',
  },
  {
    name: 'a message of an encoding that nobody knows',
    method: 'Unary',
    backend: fake((stream) => respond(stream, frame(messages.small, 1), { headers: { 'grpc-encoding': 'zip' } })),
    drive: call,
    seen: 'UNKNOWN',
  },
];
