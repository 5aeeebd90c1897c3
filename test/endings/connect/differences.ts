import { constants } from 'node:http2';
import type { Difference } from '../../support/differences.ts';
import { sleep } from '../../support/wait.ts';
import { framed, seen } from '../drives.ts';
import type { Drive, Row } from '../row.ts';
import type { Protocol } from './dialects.ts';

/** How the endings of Connect differ from those of grpc-js. */
export function differencesOf(protocol: Protocol): readonly Difference<Row>[] {
  return [...everywhere, ...ofProtocol[protocol]];
}

/** How Connect answers what has no status of its own. */
const exception = { wire: 'INTERNAL', recorded: 'INTERNAL' };
const malformed = { wire: 'INVALID_ARGUMENT', recorded: 'INVALID_ARGUMENT' };

/** Makes a call that has a deadline, and leaves when it has passed. */
const leaveAfterDeadline: Drive = async (run) => {
  const stream = (await run.raw()).open(run.method, { 'grpc-timeout': '40m' });
  if (run.method === 'Unary') stream.end(framed);
  await run.arrived();
  await sleep(80);
  stream.close(constants.NGHTTP2_CANCEL);
  return seen(stream);
};

const everywhere: readonly Difference<Row>[] = [
  {
    rows: [
      'Unary: the handler throws',
      'ServerStream: the handler throws',
      'ClientStream: the handler throws',
      'Bidi: the handler throws',
      'server stream: the handler throws after a message',
    ],
    why: 'Connect answers exceptions with INTERNAL, and the class of the exception is recorded as before',
    instead: exception,
  },
  {
    rows: ['the handler refuses without a status'],
    why: 'to refuse is to throw: without a status it is like every other exception',
    instead: { ...exception, errorType: 'RangeError' },
  },
  {
    rows: ['an async handler rejects: ends with the deadline'],
    why: 'Connect waits for the promise of a handler and answers at once: no call is left open',
    instead: { ...exception, rejections: 0 },
  },
  {
    rows: ['an async handler rejects: ends with the cancellation, in flight until then'],
    why: 'as above: the call is over before the client cancels it',
    instead: { wire: '0 in flight until then', recorded: 'INTERNAL', rejections: 0 },
  },
  {
    rows: ['the deadline passes on the server alone', 'the deadline passes mid-stream, on the server alone'],
    why: "Connect aborts the handler's signal and waits: a handler that does not look leaves the call open until the client leaves",
    instead: { drive: leaveAfterDeadline, wire: 'reset 8' },
  },
  {
    rows: ['a request that says gzip and is not', 'a bad grpc-timeout'],
    why: 'Connect answers requests that break the protocol with INVALID_ARGUMENT',
    instead: malformed,
  },
  {
    rows: ['HTTP GET on a known path'],
    why: 'Connect answers HTTP 405: it is no call',
    instead: { wire: 'HTTP 405', recorded: {} },
  },
  {
    rows: ['another interceptor passes the call on later, when the client has gone'],
    why: 'an interceptor that goes on calls the handler whether or not the client waits: its answer is too late',
    instead: { handler: 'answerTooLate' },
  },
  {
    rows: ['an unknown method', 'an unknown service'],
    why: 'Connect answers HTTP 404, which clients of gRPC read as UNIMPLEMENTED',
    instead: { wire: ['OK', 'HTTP 404'] },
  },
];

const truncated: Difference<Row> = {
  rows: ['a truncated frame'],
  why: 'as above: the request breaks the protocol',
  instead: malformed,
};

/** Beyond gRPC the end of an answer is a part of its body. */
const endInBody: readonly Difference<Row>[] = [
  {
    rows: ["Node's client cancels a bidi call before it is done: the server ends it OK"],
    why: 'the end of the answer comes a turn of the event loop after the last message, and the reset comes before',
    instead: { recorded: 'CANCELLED' },
  },
  {
    rows: ['headers, then reset'],
    why: 'Connect answers that the message is missing, or the reset comes before: either is recorded',
  },
];

const ofProtocol: Readonly<Record<Protocol, readonly Difference<Row>[]>> = {
  gRPC: [
    truncated,
    {
      rows: ['headers, then reset'],
      why: 'Connect answers that the message is missing, mostly before the reset comes',
      instead: { race: 'Node delivers the end of the stream and its reset in either order' },
    },
  ],
  'gRPC-Web': [truncated, ...endInBody],
  Connect: [
    ...endInBody,
    {
      rows: ['unary without a message'],
      why: 'a unary call of Connect has no envelope: an empty body is an empty message',
      instead: { wire: 'OK', recorded: 'OK' },
    },
    {
      rows: ['unary with two messages'],
      why: 'as above: its body is one message',
    },
    {
      rows: ['a truncated frame'],
      why: 'as above: it is a message that does not parse',
      instead: exception,
    },
    {
      rows: ['the handler refuses with a code that gRPC does not define'],
      why: 'the codes of Connect are names, and this one has none',
      instead: { wire: 'UNKNOWN' },
    },
  ],
};
