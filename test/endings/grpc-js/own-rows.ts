import { Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import type { Handler } from '../../support/grpc-js/fixture.ts';
import {
  call,
  callUntilDeadline,
  cancelAfterFirstMessage,
  cancelWhenArrived,
  deadlineRace,
  post,
  resetAfterFirstMessage,
} from '../drives.ts';
import type { Row } from '../row.ts';
import { inherit, keepCancel, keepCancelAsProxy, refuse, refuseAfterMetadata } from './interceptors.ts';

/** A row that only grpc-js has. */
export interface GrpcJsRow extends Row {
  /** A handler that no other framework could have, instead of a behaviour. */
  readonly ownHandler?: Handler;
  /** An interceptor of the user's, behind the library's. */
  readonly ownInterceptor?: ServerInterceptor;
  /** An interceptor of the server's credentials, which sits nearer the wire. */
  readonly credentialsInterceptor?: ServerInterceptor;
}

const handlers: readonly GrpcJsRow[] = [
  {
    name: 'the details of the status cannot be sent, so that grpc-js throws into the handler',
    method: 'Unary',
    ownHandler: (_call, callback) => callback({ code: 5, details: '\ud800' }),
    drive: call,
    wire: 'UNKNOWN',
    recorded: 'UNKNOWN',
    errorType: 'URIError',
  },
  {
    name: 'a server stream is destroyed with an error after a message: ends with the deadline',
    method: 'ServerStream',
    ownHandler: (stream) => {
      stream.write(Buffer.from('reply'));
      setTimeout(() => stream.destroy(new Error('gone')), 5);
    },
    drive: callUntilDeadline,
    wire: 'DEADLINE_EXCEEDED',
    recorded: 'DEADLINE_EXCEEDED',
    race: deadlineRace,
  },
  {
    name: 'a status among the response headers, then the client resets',
    method: 'Bidi',
    ownHandler: (stream) => {
      const headers = new Metadata();
      headers.set('grpc-status', '0');
      stream.sendMetadata(headers);
      stream.write(Buffer.from('reply'));
    },
    drive: resetAfterFirstMessage,
    wire: 'reset 8',
    recorded: 'CANCELLED',
  },
];

const inherited: readonly GrpcJsRow[] = [
  {
    name: 'another interceptor inherits from our call: OK',
    method: 'Bidi',
    handler: 'echo',
    ownInterceptor: inherit,
    drive: post(),
    wire: 'OK',
    recorded: 'OK',
  },
  {
    name: 'another interceptor inherits from our call, the handler throws',
    method: 'Unary',
    handler: 'throwTypeError',
    ownInterceptor: inherit,
    drive: call,
    wire: 'UNKNOWN',
    recorded: 'UNKNOWN',
    errorType: 'TypeError',
  },
  {
    name: 'another interceptor inherits from our call, the client cancels',
    method: 'Unary',
    handler: 'hold',
    ownInterceptor: inherit,
    drive: cancelWhenArrived,
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
  {
    name: 'another interceptor inherits from our call, the client cancels mid stream',
    method: 'ServerStream',
    handler: 'streamOneThenHold',
    ownInterceptor: inherit,
    drive: cancelAfterFirstMessage,
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
];

const refusing: readonly GrpcJsRow[] = [
  {
    name: 'another interceptor refuses after the metadata',
    method: 'Unary',
    handler: 'answer',
    ownInterceptor: refuseAfterMetadata,
    drive: call,
    wire: 'PERMISSION_DENIED',
    recorded: 'PERMISSION_DENIED',
  },
  {
    name: 'an interceptor of the credentials refuses',
    method: 'Unary',
    handler: 'answer',
    credentialsInterceptor: refuse,
    drive: call,
    wire: 'PERMISSION_DENIED',
    recorded: 'PERMISSION_DENIED',
  },
];

const kept: readonly GrpcJsRow[] = [
  ['an interceptor of the credentials', keepCancel] as const,
  ['a Proxy of the credentials', keepCancelAsProxy] as const,
].flatMap(([who, credentialsInterceptor]): GrpcJsRow[] => [
  {
    name: `${who} keeps the end of calls to itself: OK`,
    method: 'Unary',
    handler: 'answer',
    credentialsInterceptor,
    drive: call,
    wire: 'OK',
    recorded: 'OK',
  },
  {
    name: `${who} keeps the end of calls to itself, the client cancels`,
    method: 'Unary',
    handler: 'hold',
    credentialsInterceptor,
    drive: cancelWhenArrived,
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
]);

export const ownRows: readonly GrpcJsRow[] = [...handlers, ...inherited, ...refusing, ...kept];

/** The rows of an interceptor that keeps the end of calls to itself. */
export const keptRows: readonly string[] = kept.map(({ name }) => name);
