import { constants } from 'node:http2';
import type { ClientOptions } from '@grpc/grpc-js';
import type { Answer } from '../../support/backends.ts';
import { firstGoesAway } from '../../support/network-faults.ts';
import { until } from '../../support/wait.ts';
import { respond, trailersOnly } from '../answers.ts';
import { fake, nobody, proxied } from '../backend-starts.ts';
import { call, start } from '../drives.ts';
import type { Row } from '../row.ts';

/** A row that only grpc-js has. */
export interface GrpcJsRow extends Row {
  readonly options?: ClientOptions;
}

/** Options of a client that retries or hedges. */
function policy(of: object): ClientOptions {
  const config = { loadBalancingConfig: [], methodConfig: [{ name: [{ service: 'test.v1.Endings' }], ...of }] };
  return { 'grpc.service_config': JSON.stringify(config) };
}

const retryThrice = policy({
  retryPolicy: {
    maxAttempts: 3,
    initialBackoff: '0.01s',
    maxBackoff: '0.02s',
    backoffMultiplier: 1,
    retryableStatusCodes: ['UNAVAILABLE'],
  },
});

const unavailable = trailersOnly({ 'grpc-status': 14 });

/** Answers UNAVAILABLE so many times, without headers, then OK. */
function failing(attempts: number): Answer {
  return (stream, headers, attempt) => {
    if (attempt > attempts) respond(stream);
    else unavailable(stream, headers, attempt);
  };
}

const retries: readonly GrpcJsRow[] = [
  {
    name: 'retried once, then OK',
    method: 'Unary',
    backend: fake(failing(1)),
    options: retryThrice,
    drive: call,
    seen: 'OK',
    attempts: { 'Unary UNAVAILABLE': 1, 'Unary OK': 1 },
    retries: 1,
  },
  {
    name: 'retried twice, then OK',
    method: 'Unary',
    backend: fake(failing(2)),
    options: retryThrice,
    drive: call,
    seen: 'OK',
    attempts: { 'Unary UNAVAILABLE': 2, 'Unary OK': 1 },
    retries: 2,
  },
  {
    name: 'server stream: retried twice, then OK',
    method: 'ServerStream',
    backend: fake(failing(2)),
    options: retryThrice,
    drive: call,
    seen: 'OK',
    attempts: { 'ServerStream UNAVAILABLE': 2, 'ServerStream OK': 1 },
    retries: 2,
  },
  {
    name: 'retried until the attempts are used up',
    method: 'Unary',
    backend: fake(unavailable),
    options: retryThrice,
    drive: call,
    seen: 'UNAVAILABLE',
    attempts: { 'Unary UNAVAILABLE': 3 },
    retries: 2,
  },
  {
    name: 'not retried after headers',
    method: 'Unary',
    backend: fake((stream) => respond(stream, Buffer.alloc(0), { trailers: { 'grpc-status': '14' } })),
    options: retryThrice,
    drive: call,
    seen: 'UNAVAILABLE',
    retries: 0,
  },
  {
    name: 'not retried for another status',
    method: 'Unary',
    backend: fake(trailersOnly({ 'grpc-status': 5 })),
    options: retryThrice,
    drive: call,
    seen: 'NOT_FOUND',
    retries: 0,
  },
  {
    name: 'retried, then cancelled: grpc-js does not say how often',
    method: 'Unary',
    backend: fake((stream, headers, attempt) => attempt === 1 && unavailable(stream, headers, attempt)),
    options: retryThrice,
    drive: async (run) => {
      const retried = start(run);
      await run.arrived(2);
      retried.cancel();
      return retried.status;
    },
    seen: 'CANCELLED',
    attempts: { 'Unary UNAVAILABLE': 1, 'Unary CANCELLED': 1 },
    retries: 0,
  },
  {
    name: 'a client that does not retry',
    method: 'Unary',
    backend: fake(failing(1)),
    options: { ...retryThrice, 'grpc.enable_retries': 0 },
    drive: call,
    seen: 'UNAVAILABLE',
    retries: 0,
  },
  {
    name: 'a server that makes up retries',
    method: 'Unary',
    backend: fake((stream) => respond(stream, undefined, { headers: { 'grpc-previous-rpc-attempts': '1e9' } })),
    drive: call,
    seen: 'OK',
    retries: 0,
  },
  {
    name: 'a server that sends back what it was sent, before and after its answer',
    method: 'Unary',
    backend: fake((stream, headers, attempt) => {
      if (attempt === 1) return unavailable(stream, headers, attempt);
      const echoed = { 'grpc-previous-rpc-attempts': String(headers['grpc-previous-rpc-attempts']) };
      return respond(stream, undefined, { headers: echoed, trailers: echoed });
    }),
    options: retryThrice,
    drive: call,
    seen: 'OK',
    attempts: { 'Unary UNAVAILABLE': 1, 'Unary OK': 1 },
    retries: 1,
  },
  {
    name: 'hedged: the second attempt answers',
    method: 'Unary',
    backend: fake((stream, _headers, attempt) => attempt > 1 && respond(stream)),
    options: policy({ hedgingPolicy: { maxAttempts: 2, hedgingDelay: '0.03s', nonFatalStatusCodes: [] } }),
    drive: call,
    seen: 'OK',
    attempts: { 'Unary CANCELLED': 1, 'Unary OK': 1 },
    retries: 1,
  },
];

/** Retries of calls that have not reached the server's application. No policy asks for them. */
const transparent: readonly GrpcJsRow[] = [
  {
    name: 'retried transparently, which is no retry of the policy',
    method: 'Unary',
    backend: fake((stream, _headers, attempt) =>
      attempt === 1 ? stream.close(constants.NGHTTP2_REFUSED_STREAM) : respond(stream),
    ),
    drive: call,
    seen: 'OK',
    attempts: { 'Unary UNAVAILABLE': 1, 'Unary OK': 1 },
    retries: 0,
  },
  {
    name: 'refused again and again: one transparent retry, then what the policy allows',
    method: 'Unary',
    backend: fake((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM)),
    options: retryThrice,
    drive: call,
    seen: 'UNAVAILABLE',
    attempts: { 'Unary UNAVAILABLE': 4 },
    retries: 2,
  },
  {
    name: 'a connection that goes away before it has got to the call, which is retried transparently on another',
    method: 'Unary',
    backend: (serve, method) => proxied('answer', firstGoesAway())(serve, method),
    drive: call,
    seen: 'OK',
    attempts: { 'Unary UNAVAILABLE': 1, 'Unary OK': 1 },
    retries: 0,
  },
];

const closed: readonly GrpcJsRow[] = [
  {
    name: 'the client is closed while the call waits for a connection',
    method: 'Unary',
    backend: nobody,
    drive: async (run) => {
      const { status } = start(run, { waitForReady: true });
      await until(
        () => run.recorded.channels('TRANSIENT_FAILURE') === 1,
        () => 'the channel has not failed',
      );
      run.application.close();
      return status;
    },
    seen: 'UNAVAILABLE',
  },
];

export const ownRows: readonly GrpcJsRow[] = [...closed, ...retries, ...transparent];
