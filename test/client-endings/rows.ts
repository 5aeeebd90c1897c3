import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { ClientOptions } from '@grpc/grpc-js';
import type { Grpc, Handler, Handlers } from '../endings/fixture.ts';
import { frame } from '../endings/raw.ts';
import { until } from '../support/wait.ts';
import {
  type Answer,
  type Backend,
  type Fault,
  faultProxy,
  grpcServer,
  rawServer,
  refusedAddress,
} from './backends.ts';
import { type ClientFixture, type Made, type Make, unparsable, unserializable } from './fixture.ts';

/** One way in which a client's call can end. */
export interface Row {
  readonly name: string;
  /** What the client is pointed at, or an address where nobody is. */
  readonly backend?: (grpc: Grpc) => Promise<Backend>;
  readonly address?: string;
  readonly options?: ClientOptions;
  readonly only?: Make;
  /** Makes it happen. */
  readonly drive: (fixture: ClientFixture) => Promise<unknown>;
  /** What the application must be told; what is recorded must be the same. */
  readonly seen: Record<string, number>;
  /** The same on 1.10, where that is something else. */
  readonly seenOn110?: Record<string, number>;
  /** What grpc-js may tell it instead, where two of its own events race. */
  readonly orSeen?: Record<string, number>;
  readonly retries?: number;
  /** Attempts by their own status, where they are not what was seen. */
  readonly attempts?: Record<string, number>;
  readonly attemptsOn110?: Record<string, number>;
  /** Messages, where they are not what the application gave and got. */
  readonly sent?: number;
  readonly received?: number;
  readonly atLeastSeconds?: number;
}

const reply = Buffer.from('reply');

const NOT_FOUND = 5;
const answer: Handler = (_call, callback) => callback(null, reply);
const pending: Handler = () => {};
const refuse: Handler = (_call, callback) => callback({ code: NOT_FOUND, details: 'no' });
const emitError: Handler = (call) => call.emit('error', { code: NOT_FOUND, details: 'no' });
const streamTwo: Handler = (call) => {
  call.write(reply);
  call.write(reply);
  call.end();
};
const streamOneAndWait: Handler = (call) => {
  call.write(reply);
};
const collect: Handler = (call, callback) => {
  call.on('data', () => {});
  call.on('end', () => callback(null, reply));
};
const echo: Handler = (call) => {
  call.on('data', (message: Buffer) => call.write(message));
  call.on('end', () => call.end());
};

const serve = (handlers: Handlers) => (grpc: Grpc) => grpcServer(grpc, handlers);
const raw = (answers: Answer) => () => rawServer(answers);

/** A server of grpc-js behind a proxy that does harm. */
const proxied = (handlers: Handlers, fault: () => Fault) => async (grpc: Grpc) => {
  const real = await grpcServer(grpc, handlers);
  const proxy = await faultProxy(real.address, fault);
  const close = () => {
    proxy.close();
    real.close();
  };
  return { ...proxy, close };
};

/** The client's options that make it retry, or hedge. */
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

async function finish(fixture: ClientFixture, made: Made): Promise<number> {
  fixture.write(made);
  made.call.end();
  return made.code;
}

/** Resolves when so many calls or attempts have reached the backend. */
function hasCalled({ backends }: ClientFixture, times = 1): Promise<void> {
  const calls = () => backends[0]!.calls!();
  return until(
    () => calls() >= times,
    () => `${calls()} of ${times} calls came`,
  );
}

const success: Row[] = [
  {
    name: 'unary: OK',
    backend: serve({ Unary: answer }),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary OK': 1 },
  },
  {
    name: 'server stream: OK',
    backend: serve({ ServerStream: streamTwo }),
    drive: (fixture) => fixture.serverStream().code,
    seen: { 'ServerStream OK': 1 },
  },
  {
    name: 'client stream: OK',
    backend: serve({ ClientStream: collect }),
    drive: (fixture) => finish(fixture, fixture.clientStream()),
    seen: { 'ClientStream OK': 1 },
  },
  {
    name: 'bidi: OK',
    backend: serve({ Bidi: echo }),
    drive: (fixture) => finish(fixture, fixture.bidi()),
    seen: { 'Bidi OK': 1 },
  },
  {
    name: 'many at once: OK',
    backend: serve({ Unary: answer }),
    drive: (fixture) => Promise.all(Array.from({ length: 50 }, () => fixture.unary().code)),
    seen: { 'Unary OK': 50 },
  },
  {
    name: 'through a slow network: OK',
    backend: proxied({ Unary: answer }, () => ({
      toClient: (bytes, client) => void setTimeout(() => client.write(bytes), 60),
    })),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary OK': 1 },
    atLeastSeconds: 0.05,
  },
];

const refusals: Row[] = [
  {
    name: 'unary: the server answers an error',
    backend: serve({ Unary: refuse }),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary NOT_FOUND': 1 },
  },
  {
    name: 'server stream: the server answers an error',
    backend: serve({ ServerStream: emitError }),
    drive: (fixture) => fixture.serverStream().code,
    seen: { 'ServerStream NOT_FOUND': 1 },
  },
  {
    name: 'server stream: an error after a message',
    backend: serve({
      ServerStream: (call) => {
        call.write(reply);
        setTimeout(() => call.emit('error', { code: NOT_FOUND, details: 'no' }), 10);
      },
    }),
    drive: (fixture) => fixture.serverStream().code,
    seen: { 'ServerStream NOT_FOUND': 1 },
  },
  {
    name: 'client stream: the server answers an error',
    backend: serve({ ClientStream: refuse }),
    drive: (fixture) => finish(fixture, fixture.clientStream()),
    seen: { 'ClientStream NOT_FOUND': 1 },
  },
  {
    name: 'bidi: the server answers an error',
    backend: serve({ Bidi: emitError }),
    drive: (fixture) => fixture.bidi().code,
    seen: { 'Bidi NOT_FOUND': 1 },
  },
  {
    name: 'the handler throws',
    backend: serve({
      Unary: () => {
        throw new TypeError('a bug');
      },
    }),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNKNOWN': 1 },
  },
  {
    name: 'declared but not implemented',
    backend: serve({}),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNIMPLEMENTED': 1 },
  },
  {
    name: 'a method that the server does not have',
    only: 'new Client',
    backend: serve({ Unary: answer }),
    drive: (fixture) => fixture.unary({ path: '/no.Such/Thing' }).code,
    seen: { '/no.Such/Thing UNIMPLEMENTED': 1 },
  },
];

/** Cancels when it is sure to be under way: after a message, or when the server has the call. */
const cancellations: Row[] = [
  {
    name: 'unary: cancelled while the server works',
    backend: serve({ Unary: pending }),
    drive: async (fixture) => {
      const { call, code } = fixture.unary();
      await hasCalled(fixture);
      call.cancel();
      return code;
    },
    seen: { 'Unary CANCELLED': 1 },
  },
  {
    name: 'unary: cancelled in the same turn, before there is a connection',
    backend: serve({ Unary: answer }),
    drive: (fixture) => {
      const { call, code } = fixture.unary();
      call.cancel();
      return code;
    },
    seen: { 'Unary CANCELLED': 1 },
    attempts: {},
  },
  {
    name: 'unary: cancelled twice',
    backend: serve({ Unary: pending }),
    drive: (fixture) => {
      const { call, code } = fixture.unary();
      call.cancel();
      call.cancel();
      return code;
    },
    seen: { 'Unary CANCELLED': 1 },
    attempts: {},
  },
  {
    name: 'unary: cancelled when it is over',
    backend: serve({ Unary: answer }),
    drive: async (fixture) => {
      const { call, code } = fixture.unary();
      await code;
      call.cancel();
    },
    seen: { 'Unary OK': 1 },
  },
  {
    name: 'server stream: cancelled after a message',
    backend: serve({ ServerStream: streamOneAndWait }),
    drive: async (fixture) => {
      const { call, code, first } = fixture.serverStream();
      await first;
      call.cancel();
      return code;
    },
    seen: { 'ServerStream CANCELLED': 1 },
  },
  {
    name: 'client stream: cancelled after a message',
    backend: serve({ ClientStream: collect }),
    drive: async (fixture) => {
      const made = fixture.clientStream();
      fixture.write(made);
      await hasCalled(fixture);
      made.call.cancel();
      return made.code;
    },
    seen: { 'ClientStream CANCELLED': 1 },
  },
  {
    name: 'bidi: cancelled after a message',
    backend: serve({ Bidi: echo }),
    drive: async (fixture) => {
      const made = fixture.bidi();
      fixture.write(made);
      await made.first;
      made.call.cancel();
      return made.code;
    },
    seen: { 'Bidi CANCELLED': 1 },
  },
];

const deadlines: Row[] = [
  {
    name: 'unary: the deadline passes while the server works',
    backend: serve({ Unary: pending }),
    drive: (fixture) => fixture.unary({ deadline: 80 }).code,
    seen: { 'Unary DEADLINE_EXCEEDED': 1 },
    atLeastSeconds: 0.07,
  },
  {
    name: 'unary: the deadline has passed already',
    backend: serve({ Unary: answer }),
    drive: (fixture) => fixture.unary({ deadline: -1000 }).code,
    seen: { 'Unary DEADLINE_EXCEEDED': 1 },
    attempts: {},
  },
  {
    name: 'server stream: the deadline passes after a message',
    backend: serve({ ServerStream: streamOneAndWait }),
    drive: (fixture) => fixture.serverStream({ deadline: 600 }).code,
    seen: { 'ServerStream DEADLINE_EXCEEDED': 1 },
  },
  {
    name: 'server stream: the deadline has passed already',
    backend: serve({ ServerStream: streamTwo }),
    drive: (fixture) => fixture.serverStream({ deadline: -1000 }).code,
    seen: { 'ServerStream DEADLINE_EXCEEDED': 1 },
    attempts: {},
  },
  {
    name: 'client stream: the deadline passes before it is ended',
    backend: serve({ ClientStream: collect }),
    drive: (fixture) => {
      const made = fixture.clientStream({ deadline: 100 });
      fixture.write(made);
      return made.code;
    },
    seen: { 'ClientStream DEADLINE_EXCEEDED': 1 },
  },
  {
    name: 'bidi: the deadline passes',
    backend: serve({ Bidi: echo }),
    drive: (fixture) => {
      const made = fixture.bidi({ deadline: 100 });
      fixture.write(made);
      return made.code;
    },
    seen: { 'Bidi DEADLINE_EXCEEDED': 1 },
  },
  {
    name: 'the deadline passes while it waits for a server that is not there',
    backend: nobody,
    drive: (fixture) => fixture.unary({ waitForReady: true, deadline: 150 }).code,
    seen: { 'Unary DEADLINE_EXCEEDED': 1 },
  },
  {
    name: 'the deadline passes while a connection is open that says nothing',
    backend: proxied({ Unary: answer }, () => ({ toClient: () => {} })),
    drive: (fixture) => fixture.unary({ deadline: 150 }).code,
    seen: { 'Unary DEADLINE_EXCEEDED': 1 },
  },
];

async function nobody(): Promise<Backend> {
  return { address: await refusedAddress(), drop: () => {}, close: () => {} };
}

const connections: Row[] = [
  {
    name: 'unary: refused',
    backend: nobody,
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNAVAILABLE': 1 },
  },
  {
    name: 'bidi: refused',
    backend: nobody,
    drive: (fixture) => finish(fixture, fixture.bidi()),
    seen: { 'Bidi UNAVAILABLE': 1 },
  },
  {
    name: 'a name that does not resolve',
    address: 'dns:///no-such-host.invalid:50051',
    drive: (fixture) => fixture.unary({ deadline: 15_000 }).code,
    seen: { 'Unary UNAVAILABLE': 1 },
    attemptsOn110: {},
  },
  {
    name: 'unary: the connection drops before the answer',
    backend: proxied({ Unary: pending }, resetWhenCalled),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNAVAILABLE': 1 },
    orSeen: { 'Unary CANCELLED': 1 },
  },
  {
    name: 'server stream: the connection drops after a message',
    backend: proxied({ ServerStream: streamOneAndWait }, () => ({})),
    drive: async (fixture) => {
      const { code, first } = fixture.serverStream();
      await first;
      for (const backend of fixture.backends) backend.drop();
      return code;
    },
    seen: { 'ServerStream UNAVAILABLE': 1 },
    seenOn110: { 'ServerStream CANCELLED': 1 },
    orSeen: { 'ServerStream UNAVAILABLE': 1 },
  },
  {
    name: 'bidi: the connection is reset after a message',
    backend: raw((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.write(frame('x'));
      setTimeout(() => stream.session?.socket.resetAndDestroy?.() ?? stream.session?.destroy(), 20);
    }),
    drive: async (fixture) => fixture.bidi().code,
    seen: { 'Bidi UNAVAILABLE': 1 },
    orSeen: { 'Bidi CANCELLED': 1 }, // as of a stream that drops
  },
  {
    name: 'half open: keepalive finds that the server is gone',
    backend: proxied({ Unary: pending }, muteSoon),
    options: { 'grpc.keepalive_time_ms': 60, 'grpc.keepalive_timeout_ms': 60 },
    drive: (fixture) => fixture.unary({ deadline: 10_000 }).code,
    seen: { 'Unary UNAVAILABLE': 1 },
  },
  {
    name: 'the server says GOAWAY and answers what it has',
    backend: raw((stream) => {
      stream.session!.goaway(constants.NGHTTP2_NO_ERROR);
      respondOk(stream, frame('x'));
    }),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary OK': 1 },
  },
  {
    name: 'the client is closed while the call waits for a connection',
    backend: nobody,
    drive: async (fixture) => {
      const { code } = fixture.unary({ waitForReady: true });
      const { TRANSIENT_FAILURE } = fixture.grpc.connectivityState;
      const state = () => fixture.client.getChannel().getConnectivityState(false);
      await until(
        () => state() === TRANSIENT_FAILURE,
        () => `the channel is in state ${state()}`,
      );
      fixture.client.close();
      return code;
    },
    seen: { 'Unary UNAVAILABLE': 1 },
  },
  {
    name: 'a call on a closed client: an exception, without a status',
    backend: nobody,
    drive: (fixture) => {
      fixture.client.close();
      return fixture.unary().code;
    },
    seen: { 'Unary UNKNOWN': 1 },
    attempts: {},
    sent: 0,
  },
];

/** Resets the connection soon after a call has gone by: more bytes than HTTP/2's greeting. */
function resetWhenCalled(): Fault {
  let bytesSeen = 0;
  return {
    toServer: (bytes, server, client) => {
      bytesSeen += bytes.length;
      server.write(bytes);
      if (bytesSeen > 150) setTimeout(() => client.resetAndDestroy(), 30);
    },
  };
}

/** Passes on what comes in the first moments, then nothing, and keeps both connections open. */
function muteSoon(): Fault {
  const since = Date.now();
  const pass = (bytes: Buffer, to: Socket) => void (Date.now() - since > 100 || to.write(bytes));
  return { toServer: pass, toClient: pass };
}

const messages: Row[] = [
  {
    name: 'unary: the request does not serialize',
    backend: serve({ Unary: answer }),
    drive: (fixture) => fixture.unary({ message: unserializable }).code,
    seen: { 'Unary INTERNAL': 1 },
    attempts: {},
  },
  {
    name: 'server stream: the request does not serialize',
    backend: serve({ ServerStream: streamTwo }),
    drive: (fixture) => fixture.serverStream({ message: unserializable }).code,
    seen: { 'ServerStream INTERNAL': 1 },
    attempts: {},
  },
  {
    name: 'client stream: a request does not serialize',
    backend: serve({ ClientStream: collect }),
    drive: async (fixture) => {
      const made = fixture.clientStream();
      fixture.write(made);
      fixture.write(made, unserializable);
      return made.code;
    },
    seen: { 'ClientStream INTERNAL': 1 },
  },
  {
    name: 'bidi: a request does not serialize',
    backend: serve({ Bidi: echo }),
    drive: async (fixture) => {
      const made = fixture.bidi();
      fixture.write(made);
      await made.first;
      fixture.write(made, unserializable);
      return made.code;
    },
    seen: { 'Bidi INTERNAL': 1 },
  },
  {
    name: 'unary: the response does not parse',
    backend: serve({ Unary: (_call, callback) => callback(null, unparsable) }),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary INTERNAL': 1 },
    received: 1,
  },
  {
    name: 'server stream: the second response does not parse',
    backend: serve({
      ServerStream: (call) => {
        call.write(reply);
        call.write(unparsable);
      },
    }),
    drive: (fixture) => fixture.serverStream().code,
    seen: { 'ServerStream INTERNAL': 1 },
    received: 2,
  },
  {
    name: 'the response is larger than the client takes',
    backend: serve({ Unary: (_call, callback) => callback(null, Buffer.alloc(1000)) }),
    options: { 'grpc.max_receive_message_length': 100 },
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary RESOURCE_EXHAUSTED': 1 },
  },
  {
    name: 'the request is larger than the client may send',
    backend: serve({ Unary: answer }),
    options: { 'grpc.max_send_message_length': 100 },
    drive: (fixture) => fixture.unary({ message: Buffer.alloc(1000) }).code,
    seen: { 'Unary RESOURCE_EXHAUSTED': 1 },
  },
];

const grpcHeaders = { ':status': 200, 'content-type': 'application/grpc' };

/** Headers, these bytes, and trailers. */
function respondOk(stream: ServerHttp2Stream, body: Buffer, trailers: Record<string, string> = { 'grpc-status': '0' }) {
  stream.respond(grpcHeaders, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}

/** Trailers-only: one block of headers that ends the stream. */
function trailersOnly(headers: Record<string, string | number>): Answer {
  return (stream) => stream.respond({ ...grpcHeaders, ...headers }, { endStream: true });
}

/** Source: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
const httpStatuses: [http: number, status: string][] = [
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

const resets: [name: string, code: number, status: string][] = [
  ['NO_ERROR', constants.NGHTTP2_NO_ERROR, 'INTERNAL'],
  ['PROTOCOL_ERROR', constants.NGHTTP2_PROTOCOL_ERROR, 'INTERNAL'],
  ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR, 'INTERNAL'],
  ['CANCEL', constants.NGHTTP2_CANCEL, 'CANCELLED'],
  ['ENHANCE_YOUR_CALM', constants.NGHTTP2_ENHANCE_YOUR_CALM, 'RESOURCE_EXHAUSTED'],
  ['INADEQUATE_SECURITY', constants.NGHTTP2_INADEQUATE_SECURITY, 'PERMISSION_DENIED'],
];

const strange: Row[] = [
  ...httpStatuses.map(([http, status]) => ({
    name: `HTTP ${http}`,
    backend: raw((stream) => {
      stream.respond({ ':status': http, 'content-type': 'text/plain' });
      stream.end('no');
    }),
    drive: (fixture: ClientFixture) => fixture.unary().code,
    seen: { [`Unary ${status}`]: 1 },
  })),
  ...resets.map(([name, code, status]) => ({
    name: `the server resets the stream with ${name}`,
    backend: raw((stream) => {
      stream.respond(grpcHeaders, { waitForTrailers: true });
      stream.write(frame('x'));
      stream.once('data', () => stream.close(code));
    }),
    drive: async (fixture: ClientFixture) => {
      const made = fixture.bidi();
      await made.first;
      fixture.write(made);
      return made.code;
    },
    seen: { [`Bidi ${status}`]: 1 },
  })),
  {
    // grpc-js takes the text for a frame, and its first bytes for a length.
    name: 'a web page: HTTP 200 with text/html',
    backend: raw((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/html' });
      stream.end('<html>not found</html>');
    }),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary RESOURCE_EXHAUSTED': 1 },
  },
  {
    name: 'trailers-only with an error',
    backend: raw(trailersOnly({ 'grpc-status': 5 })),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary NOT_FOUND': 1 },
  },
  {
    name: 'trailers-only with a status that gRPC does not define',
    backend: raw(trailersOnly({ 'grpc-status': 99 })),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNKNOWN': 1 },
  },
  {
    name: 'trailers-only with a status that is no number',
    backend: raw(trailersOnly({ 'grpc-status': 'fine' })),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNKNOWN': 1 },
  },
  {
    name: 'trailers-only without a status',
    backend: raw(trailersOnly({})),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNKNOWN': 1 },
  },
  {
    name: 'a response without trailers',
    backend: raw((stream) => {
      stream.respond(grpcHeaders);
      stream.end(frame('x'));
    }),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary INTERNAL': 1 },
    received: 1,
  },
  {
    name: 'unary: OK without a message',
    backend: raw((stream) => respondOk(stream, Buffer.alloc(0))),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNIMPLEMENTED': 1 },
    attempts: { 'Unary OK': 1 },
  },
  {
    name: 'unary: trailers-only with OK',
    backend: raw(trailersOnly({ 'grpc-status': 0 })),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNIMPLEMENTED': 1 },
    attempts: { 'Unary OK': 1 },
  },
  {
    name: 'client stream: OK without a message',
    backend: raw((stream) => respondOk(stream, Buffer.alloc(0))),
    drive: (fixture) => finish(fixture, fixture.clientStream()),
    seen: { 'ClientStream UNIMPLEMENTED': 1 },
    attempts: { 'ClientStream OK': 1 },
  },
  {
    name: 'server stream: OK without a message is OK',
    backend: raw((stream) => respondOk(stream, Buffer.alloc(0))),
    drive: (fixture) => fixture.serverStream().code,
    seen: { 'ServerStream OK': 1 },
  },
  {
    name: 'client stream: two messages',
    backend: raw((stream) => respondOk(stream, Buffer.concat([frame('x'), frame('y')]))),
    drive: (fixture) => finish(fixture, fixture.clientStream()),
    seen: { 'ClientStream UNIMPLEMENTED': 1 },
    received: 2,
  },
  {
    name: 'a truncated frame',
    backend: raw((stream) => respondOk(stream, frame('a long message').subarray(0, 9))),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNIMPLEMENTED': 1 },
    attempts: { 'Unary OK': 1 },
  },
  {
    // grpc-js ends these two with an error that has no code.
    name: 'a compressed message without an encoding',
    backend: raw((stream) => respondOk(stream, frame('x', 1))),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNKNOWN': 1 },
  },
  {
    name: 'a message of an encoding that nobody knows',
    backend: raw((stream) => {
      stream.respond({ ...grpcHeaders, 'grpc-encoding': 'zip' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(frame('x', 1));
    }),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNKNOWN': 1 },
  },
];

/** Fails so many attempts, then answers OK; before any headers, or after them. */
function failing(attempts: number, headers?: true): Answer {
  return (stream, _headers, attempt) => {
    if (attempt > attempts) return respondOk(stream, frame('x'));
    if (headers) return respondOk(stream, Buffer.alloc(0), { 'grpc-status': '14' });
    return trailersOnly({ 'grpc-status': 14 })(stream, _headers, attempt);
  };
}

/** GOAWAY, with no stream that was or will be processed: Node's own server always says that it has got to the last one. */
export const goaway: Buffer = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** The first connection goes away when a call comes, which then has not reached the server. */
function firstGoesAway(): () => Fault {
  let opened = 0;
  return () => {
    opened += 1;
    if (opened > 1) return {};
    let bytesSeen = 0;
    return {
      toServer: (bytes, server, client) => {
        bytesSeen += bytes.length;
        if (bytesSeen > 150) client.write(goaway);
        else server.write(bytes);
      },
    };
  };
}

const retries: Row[] = [
  {
    name: 'retried once, then OK',
    backend: raw(failing(1)),
    options: retryThrice,
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary OK': 1 },
    attempts: { 'Unary UNAVAILABLE': 1, 'Unary OK': 1 },
    retries: 1,
  },
  {
    name: 'retried twice, then OK',
    backend: raw(failing(2)),
    options: retryThrice,
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary OK': 1 },
    attempts: { 'Unary UNAVAILABLE': 2, 'Unary OK': 1 },
    retries: 2,
  },
  {
    name: 'server stream: retried twice, then OK',
    backend: raw(failing(2)),
    options: retryThrice,
    drive: (fixture) => fixture.serverStream().code,
    seen: { 'ServerStream OK': 1 },
    attempts: { 'ServerStream UNAVAILABLE': 2, 'ServerStream OK': 1 },
    retries: 2,
  },
  {
    name: 'retried until the attempts are used up',
    backend: raw(failing(99)),
    options: retryThrice,
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNAVAILABLE': 1 },
    attempts: { 'Unary UNAVAILABLE': 3 },
    retries: 2,
  },
  {
    name: 'not retried after headers',
    backend: raw(failing(99, true)),
    options: retryThrice,
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNAVAILABLE': 1 },
    retries: 0,
  },
  {
    name: 'not retried for another status',
    backend: raw(trailersOnly({ 'grpc-status': 5 })),
    options: retryThrice,
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary NOT_FOUND': 1 },
    retries: 0,
  },
  {
    name: 'retried, then cancelled: grpc-js does not say how often',
    backend: raw((stream, headers, attempt) => attempt === 1 && failing(1)(stream, headers, attempt)),
    options: retryThrice,
    drive: async (fixture) => {
      const { call, code } = fixture.unary();
      await hasCalled(fixture, 2);
      call.cancel();
      return code;
    },
    seen: { 'Unary CANCELLED': 1 },
    attempts: { 'Unary UNAVAILABLE': 1, 'Unary CANCELLED': 1 },
    retries: 0,
  },
  {
    name: 'retried transparently, which is no retry of the policy',
    backend: raw((stream, headers, attempt) =>
      attempt === 1 ? stream.close(constants.NGHTTP2_REFUSED_STREAM) : failing(0)(stream, headers, attempt),
    ),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary OK': 1 },
    attempts: { 'Unary UNAVAILABLE': 1, 'Unary OK': 1 },
    retries: 0,
  },
  {
    name: 'refused again and again: one transparent retry, then what the policy allows',
    backend: raw((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM)),
    options: retryThrice,
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNAVAILABLE': 1 },
    retries: 2,
    attempts: { 'Unary UNAVAILABLE': 4 },
  },
  {
    name: 'a connection that goes away before it has got to the call, which is retried transparently on another',
    backend: (grpc) => proxied({ Unary: answer }, firstGoesAway())(grpc),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary OK': 1 },
    // 1.10 ends the call with the connection.
    seenOn110: { 'Unary INTERNAL': 1 },
    retries: 0,
    attempts: { 'Unary UNAVAILABLE': 1, 'Unary OK': 1 },
    attemptsOn110: { 'Unary INTERNAL': 1 },
  },
  {
    name: 'a client that does not retry',
    backend: raw(failing(1)),
    options: { ...retryThrice, 'grpc.enable_retries': 0 },
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary UNAVAILABLE': 1 },
    retries: 0,
  },
  {
    name: 'a server that makes up retries',
    backend: raw((stream) => {
      stream.respond({ ...grpcHeaders, 'grpc-previous-rpc-attempts': '1e9' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(frame('x'));
    }),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary OK': 1 },
    retries: 0,
  },
  {
    name: 'a server that sends back what it was sent, before and after its answer',
    backend: raw((stream, headers, attempt) => {
      if (attempt === 1) return failing(1)(stream, headers, attempt);
      const echoed = { 'grpc-previous-rpc-attempts': String(headers['grpc-previous-rpc-attempts']) };
      stream.respond({ ...grpcHeaders, ...echoed }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...echoed }));
      stream.end(frame('x'));
    }),
    options: retryThrice,
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary OK': 1 },
    attempts: { 'Unary UNAVAILABLE': 1, 'Unary OK': 1 },
    retries: 1,
  },
  {
    name: 'hedged: the second attempt answers',
    backend: raw((stream, headers, attempt) => attempt > 1 && failing(0)(stream, headers, attempt)),
    options: policy({ hedgingPolicy: { maxAttempts: 2, hedgingDelay: '0.03s', nonFatalStatusCodes: [] } }),
    drive: (fixture) => fixture.unary().code,
    seen: { 'Unary OK': 1 },
    attempts: { 'Unary CANCELLED': 1, 'Unary OK': 1 },
    retries: 1,
  },
];

export const rows: readonly Row[] = [
  ...success,
  ...refusals,
  ...cancellations,
  ...deadlines,
  ...connections,
  ...messages,
  ...strange,
  ...retries,
];
