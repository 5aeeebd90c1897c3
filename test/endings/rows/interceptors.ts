import { call, cancelWhenArrived } from '../drives.ts';
import type { Row } from '../row.ts';

export const interceptors: readonly Row[] = [
  {
    name: 'another interceptor refuses at once',
    method: 'Unary',
    handler: 'answer',
    interceptor: 'refuse',
    drive: call,
    wire: 'PERMISSION_DENIED',
    recorded: 'PERMISSION_DENIED',
  },
  {
    name: 'another interceptor refuses some time later',
    method: 'Unary',
    handler: 'answer',
    interceptor: 'refuseLater',
    drive: call,
    wire: 'PERMISSION_DENIED',
    recorded: 'PERMISSION_DENIED',
  },
  {
    name: 'another interceptor passes the call on later: OK',
    method: 'Unary',
    handler: 'answer',
    interceptor: 'passOnLater',
    drive: call,
    wire: 'OK',
    recorded: 'OK',
  },
  {
    name: 'another interceptor passes the call on later, when the client has gone',
    method: 'Unary',
    handler: 'answer',
    interceptor: 'passOnTooLate',
    drive: cancelWhenArrived,
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
];
