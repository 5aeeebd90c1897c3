import type { MethodName } from '../../support/service.ts';
import { call, post } from '../drives.ts';
import type { Row } from '../row.ts';

export const refusals: readonly Row[] = [
  {
    name: 'unary: the handler refuses',
    method: 'Unary',
    handler: 'refuse',
    drive: call,
    wire: 'NOT_FOUND',
    recorded: 'NOT_FOUND',
    messages: { received: 1, sent: 0 },
  },
  {
    name: 'client stream: the handler refuses',
    method: 'ClientStream',
    handler: 'refuse',
    drive: call,
    wire: 'NOT_FOUND',
    recorded: 'NOT_FOUND',
  },
  {
    name: 'server stream: the handler refuses',
    method: 'ServerStream',
    handler: 'refuse',
    drive: call,
    wire: 'NOT_FOUND',
    recorded: 'NOT_FOUND',
  },
  {
    name: 'server stream: the handler refuses after a message',
    method: 'ServerStream',
    handler: 'streamOneThenRefuse',
    drive: call,
    wire: 'NOT_FOUND',
    recorded: 'NOT_FOUND',
    messages: { received: 1, sent: 1 },
  },
  {
    name: 'bidi: the handler refuses',
    method: 'Bidi',
    handler: 'refuse',
    drive: call,
    wire: 'NOT_FOUND',
    recorded: 'NOT_FOUND',
  },
  {
    name: 'the handler refuses without a status',
    method: 'Unary',
    handler: 'refuseWithoutStatus',
    drive: call,
    wire: 'UNKNOWN',
    recorded: 'UNKNOWN',
  },
  {
    name: 'the handler refuses with a code that gRPC does not define',
    method: 'Unary',
    handler: 'refuseWithUndefinedCode',
    drive: post(),
    wire: 'status 42',
    recorded: 'UNKNOWN',
  },
  {
    name: 'declared but not implemented',
    method: 'Unary',
    drive: call,
    wire: 'UNIMPLEMENTED',
    recorded: 'UNIMPLEMENTED',
  },
  {
    name: 'the handler answers twice: the first counts',
    method: 'Unary',
    handler: 'refuseThenAnswer',
    drive: call,
    wire: 'NOT_FOUND',
    recorded: 'NOT_FOUND',
  },
];

const methods: readonly MethodName[] = ['Unary', 'ServerStream', 'ClientStream', 'Bidi'];

const atOnce: readonly Row[] = methods.map((method) => ({
  name: `${method}: the handler throws`,
  method,
  handler: 'throwTypeError',
  drive: post(),
  wire: 'UNKNOWN',
  recorded: 'UNKNOWN',
  errorType: 'TypeError',
}));

export const exceptions: readonly Row[] = [
  ...atOnce,
  {
    name: 'server stream: the handler throws after a message',
    method: 'ServerStream',
    handler: 'streamOneThenThrow',
    drive: call,
    wire: 'UNKNOWN',
    recorded: 'UNKNOWN',
    errorType: 'TypeError',
  },
];
