import type { Protocol } from '../../endings/connect/dialects.ts';
import type { Difference } from '../../support/differences.ts';
import type { Row } from '../row.ts';
import { protocol as protocolRows } from '../rows/protocol.ts';

/**
 * How the endings of Connect's clients differ from those of grpc-js. Where a status differs Connect tells its user another one: the
 * contract compares what is recorded with what the user sees.
 */
export function differencesOf(protocol: Protocol): readonly Difference<Row>[] {
  return [...everywhere, ...(protocol === 'gRPC' ? grpc : beyondGrpc)];
}

const lost = 'Connect tells its user ABORTED or CANCELLED of a connection that is lost';

const everywhere: readonly Difference<Row>[] = [
  {
    rows: ['a method that the server does not have'],
    why: 'a client has the methods of its service alone',
  },
  {
    rows: ['unary: the deadline has passed already', 'server stream: the deadline has passed already'],
    why: 'Connect takes a timeout below zero for none',
    instead: { seen: 'OK' },
  },
  {
    rows: ['the deadline passes while it waits for a server that is not there'],
    why: 'Connect does not wait for a server',
  },
  {
    rows: ['bidi: refused'],
    why: 'Connect takes no message of a stream before it has a connection: none is sent',
  },
  {
    rows: ['a call on a closed client: an exception, without a status'],
    why: 'clients of Connect are not closed',
  },
  {
    rows: [
      'unary: the request does not serialize',
      'server stream: the request does not serialize',
      'client stream: a request does not serialize',
      'bidi: a request does not serialize',
    ],
    why: 'an interceptor is outside of serialization: it counts the message as sent',
  },
  {
    rows: ['unary: the connection drops before the answer', 'server stream: the connection drops after a message'],
    why: lost,
    instead: { seen: 'ABORTED', orSeen: 'CANCELLED' },
  },
];

const internal = { seen: 'INTERNAL' };

const grpc: readonly Difference<Row>[] = [
  {
    rows: ['bidi: the connection is reset after a message'],
    why: lost,
    instead: { seen: 'ABORTED', orSeen: 'CANCELLED' },
  },
  {
    rows: ['unary: the response does not parse', 'a response without trailers'],
    why: 'an interceptor is outside of parsing: it does not see the message',
    instead: { received: 0 },
  },
  {
    rows: ['server stream: the second response does not parse'],
    why: 'as above',
    instead: { received: 1 },
  },
  {
    rows: ['the server resets the stream with NO_ERROR'],
    why: 'Connect has another status for it',
    instead: { seen: 'UNKNOWN' },
  },
  {
    rows: [
      'the server resets the stream with ENHANCE_YOUR_CALM',
      'the server resets the stream with INADEQUATE_SECURITY',
      'trailers-only with a status that gRPC does not define',
      'trailers-only with a status that is no number',
      'trailers-only without a status',
      'a compressed message without an encoding',
      'a message of an encoding that nobody knows',
    ],
    why: 'Connect has another status for it',
    instead: internal,
  },
  {
    rows: ['a web page: HTTP 200 with text/html', 'unary: trailers-only with OK'],
    why: 'Connect has another status for it',
    instead: { seen: 'UNKNOWN' },
  },
  {
    rows: ['a truncated frame'],
    why: 'Connect has another status for it',
    instead: { seen: 'INVALID_ARGUMENT' },
  },
];

const beyondGrpc: readonly Difference<Row>[] = [
  {
    rows: [
      ...protocolRows.map(({ name }) => name),
      'bidi: the connection is reset after a message',
      'the server says GOAWAY and answers what it has',
    ],
    why: 'the fake servers speak gRPC',
  },
  {
    rows: ['unary: the response does not parse', 'server stream: the second response does not parse'],
    why: 'the server is one of Connect, which cannot send what does not parse',
  },
  {
    rows: ['the handler throws'],
    why: 'the server is one of Connect, which answers exceptions with INTERNAL',
    instead: internal,
  },
];
