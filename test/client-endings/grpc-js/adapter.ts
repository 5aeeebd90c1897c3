import type { ClientOptions } from '@grpc/grpc-js';
import { grpcServer } from '../../support/backends.ts';
import type { Difference } from '../../support/differences.ts';
import { behaviours } from '../../support/grpc-js/behaviours.ts';
import { GrpcJsClient, makes } from '../../support/grpc-js/client.ts';
import type { Grpc, Handler } from '../../support/grpc-js/fixture.ts';
import { service } from '../../support/service.ts';
import { messages } from '../../support/test-client.ts';
import type { ClientAdapter, ClientLimits, Serve } from '../adapter.ts';
import type { Row } from '../row.ts';
import { type GrpcJsRow, ownRows } from './own-rows.ts';

/** How clients are made and observed: with options, or on a channel that is observed before a client has it. */
export const ways = [...makes, 'metrics.channel'] as const;
export type Way = (typeof ways)[number];

/** One version of grpc-js under the contract of clients' endings, with one way to make its clients. */
export function grpcJs(version: string, grpc: Grpc, make: Way): ClientAdapter<GrpcJsRow> {
  return {
    name: `grpc-js ${version}, ${make}`,
    // The contract holds with the option `attempts` and without.
    countsAttempts: make === 'new Client',
    differences: [
      ...races,
      ...(version === '1.10' ? [...oldest, ...oldestOwn] : []),
      ...(make === 'loadPackageDefinition' ? generated : []),
      ...(make === 'metrics.channel' ? onChannel : []),
    ],
    ownRows,
    serve: serveWith(grpc),
    connect(address, row: GrpcJsRow, metrics) {
      const options = { ...clientOptions(row.limits ?? {}), ...row.options };
      if (make !== 'metrics.channel') return new GrpcJsClient(grpc, make, address, metrics.clientOptions(options));
      metrics.preregister(service);
      const channel = new grpc.Channel(address, grpc.credentials.createInsecure(), options);
      return new GrpcJsClient(grpc, 'new Client', address, { ...options, channelOverride: metrics.channel(channel) });
    },
  };
}

/** Serves methods with this version of grpc-js. */
export function serveWith(grpc: Grpc): Serve {
  return (method, behaviour) => {
    const handler = behaviour && { ...behaviours(never), ...malformed }[behaviour];
    return grpcServer(grpc, handler === undefined ? {} : { [method]: handler });
  };
}

/** No row of clients asks for an answer that is too late. */
const never = new Promise<void>(() => {});

const malformed: Readonly<Record<'answerMalformed' | 'streamOneThenMalformed', Handler>> = {
  answerMalformed: (_call, callback) => callback(null, messages.malformed),
  streamOneThenMalformed: (call) => {
    call.write(messages.small);
    call.write(messages.malformed);
  },
};

/** The options of a client of grpc-js that has these limits. */
export function clientOptions({ maxReceiveBytes, maxSendBytes, keepAliveSeconds }: ClientLimits): ClientOptions {
  const keepAliveMilliseconds = keepAliveSeconds && keepAliveSeconds * 1000;
  return {
    // A port that another test has used may be in the pool, as one to which connecting has just failed.
    'grpc.use_local_subchannel_pool': 1,
    ...(maxReceiveBytes && { 'grpc.max_receive_message_length': maxReceiveBytes }),
    ...(maxSendBytes && { 'grpc.max_send_message_length': maxSendBytes }),
    ...(keepAliveMilliseconds && {
      'grpc.keepalive_time_ms': keepAliveMilliseconds,
      'grpc.keepalive_timeout_ms': keepAliveMilliseconds,
    }),
  };
}

const onChannel: readonly Difference<Row>[] = [
  {
    rows: ['a method that the server does not have'],
    why: 'no definition has it, so that its type is not known, and no details are recorded of it',
  },
];

const generated: readonly Difference<Row>[] = [
  {
    rows: ['a method that the server does not have'],
    why: 'a generated client has the methods of its definition alone',
  },
];

/** Ends that two events of grpc-js race for. */
export const races: readonly Difference<Row>[] = [
  {
    rows: ['unary: the connection drops before the answer', 'bidi: the connection is reset after a message'],
    why: 'grpc-js ends a call with its stream or with its connection, whichever it sees first',
    instead: { orSeen: 'CANCELLED' },
  },
];

/** What is different in grpc-js 1.10. */
export const oldest: readonly Difference<Row>[] = [
  {
    rows: ['server stream: the connection drops after a message'],
    why: 'grpc-js ends a call with its stream or with its connection, whichever it sees first',
    instead: { orSeen: 'CANCELLED' },
  },
  {
    rows: ['a name that does not resolve'],
    why: '1.10 ends the call before it makes an attempt',
    instead: { attempts: {} },
  },
];

const oldestOwn: readonly Difference<Row>[] = [
  {
    rows: ['a connection that goes away before it has got to the call, which is retried transparently on another'],
    why: '1.10 ends the call with the connection',
    instead: { seen: 'INTERNAL', attempts: { 'Unary INTERNAL': 1 } },
  },
];
