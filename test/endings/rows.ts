import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import * as newest from '@grpc/grpc-js';
import { bidi, clientStream, firstMessage, serverStream, startUnary, unary } from './calls.ts';
import { type Fixture, type Handler, type Mode, type Setup, sleep, until } from './fixture.ts';
import { end, frame } from './raw.ts';

/** One way in which a call can end. */
export interface Row extends Setup {
  readonly name: string;
  /** Makes it happen; gives what the client's side of the wire saw. */
  readonly drive: (fixture: Fixture) => Promise<unknown>;
  /** Whether who comes first depends on the machine, as decision 0003 says of deadlines: tried again where it was too busy. */
  readonly isRace?: boolean;
  /** What `drive` must give: the wire is the oracle. */
  readonly wire: unknown;
  /** Every call that must be recorded: `Method STATUS` to how many. */
  readonly recorded: Record<string, number>;
  /** Errors by type, where that is not the status. */
  readonly errors?: Record<string, number>;
  /** Handlers that rejected, as an instrumented server sees them; 0 by default. */
  readonly rejections?: number;
  readonly except?: { readonly versions?: readonly string[]; readonly modes?: readonly Mode[]; readonly why: string };
}

const reply = Buffer.from('reply');

/** Status codes, as the client sees them. */
const OK = 0;
const CANCELLED = 1;
const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;

const answer: Handler = (_call, callback) => callback(null, reply);
const pending: Handler = () => {};
const refuse: Handler = (_call, callback) => callback({ code: NOT_FOUND, details: 'no' });
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
/** Answers when the client has gone or given up. */
const answerTooLate: Handler = (call, callback) => {
  call.on('cancelled', () => setTimeout(() => callback(null, reply), 20));
};
const refuseTooLate: Handler = (call, callback) => {
  call.on('cancelled', () => setTimeout(() => callback({ code: NOT_FOUND, details: 'no' }), 20));
};

/** Waits until the server has the call: what happens next is no race. */
async function arrived(fixture: Fixture): Promise<void> {
  await until(
    () => fixture.inFlight() === 1,
    () => 'no call has arrived',
  );
}

async function ended(fixture: Fixture): Promise<void> {
  await until(
    () => fixture.inFlight() === 0,
    () => 'the call has not ended',
  );
}

async function cancelPending(fixture: Fixture): Promise<number> {
  const { call, code } = startUnary(fixture.client());
  await arrived(fixture);
  call.cancel();
  return code;
}

async function cancelStream(fixture: Fixture): Promise<number> {
  const { call, code } = serverStream(fixture.client());
  await firstMessage(call);
  call.cancel();
  return code;
}

const success: Row[] = [
  {
    name: '1 unary: OK',
    handlers: { Unary: answer },
    drive: (fixture) => unary(fixture.client()),
    wire: OK,
    recorded: { 'Unary OK': 1 },
  },
  {
    name: '1 unary, async handler: OK',
    handlers: { Unary: async (_call, callback) => callback(null, reply) },
    drive: (fixture) => unary(fixture.client()),
    wire: OK,
    recorded: { 'Unary OK': 1 },
  },
  {
    name: '1 server stream: OK',
    handlers: { ServerStream: streamTwo },
    drive: (fixture) => serverStream(fixture.client()).code,
    wire: OK,
    recorded: { 'ServerStream OK': 1 },
  },
  {
    name: '1 client stream: OK',
    handlers: { ClientStream: collect },
    drive: async (fixture) => {
      const { call, code } = clientStream(fixture.client());
      call.write(reply);
      call.end();
      return code;
    },
    wire: OK,
    recorded: { 'ClientStream OK': 1 },
  },
  {
    name: '1 bidi: OK',
    handlers: { Bidi: echo },
    drive: async (fixture) => {
      const { call, code } = bidi(fixture.client());
      call.write(reply);
      call.end();
      return code;
    },
    wire: OK,
    recorded: { 'Bidi OK': 1 },
  },
  {
    name: '1 client stream answered before the client is done: OK',
    handlers: { ClientStream: answer },
    drive: async (fixture) => {
      const stream = (await fixture.raw()).open('ClientStream');
      const seen = once(stream, 'trailers').then(([headers]) =>
        Number((headers as { 'grpc-status': string })['grpc-status']),
      );
      stream.write(frame('one'));
      const status = await seen;
      await ended(fixture);
      return status;
    },
    wire: OK,
    recorded: { 'ClientStream OK': 1 },
  },
];

const refusals: Row[] = [
  {
    name: '2 unary: the handler answers an error',
    handlers: { Unary: refuse },
    drive: (fixture) => unary(fixture.client()),
    wire: NOT_FOUND,
    recorded: { 'Unary NOT_FOUND': 1 },
  },
  {
    name: '2 client stream: the handler answers an error',
    handlers: { ClientStream: refuse },
    drive: async (fixture) => {
      const { call, code } = clientStream(fixture.client());
      call.end();
      return code;
    },
    wire: NOT_FOUND,
    recorded: { 'ClientStream NOT_FOUND': 1 },
  },
  {
    name: '2 server stream: the handler emits an error',
    handlers: { ServerStream: (call) => call.emit('error', { code: NOT_FOUND, details: 'no' }) },
    drive: (fixture) => serverStream(fixture.client()).code,
    wire: NOT_FOUND,
    recorded: { 'ServerStream NOT_FOUND': 1 },
  },
  {
    name: '2 server stream: an error after a message',
    handlers: {
      ServerStream: (call) => {
        call.write(reply);
        setTimeout(() => call.emit('error', { code: NOT_FOUND, details: 'no' }), 5);
      },
    },
    drive: (fixture) => serverStream(fixture.client()).code,
    wire: NOT_FOUND,
    recorded: { 'ServerStream NOT_FOUND': 1 },
  },
  {
    name: '2 bidi: the handler emits an error',
    handlers: { Bidi: (call) => call.emit('error', { code: NOT_FOUND, details: 'no' }) },
    drive: (fixture) => bidi(fixture.client()).code,
    wire: NOT_FOUND,
    recorded: { 'Bidi NOT_FOUND': 1 },
  },
  {
    name: '2 the handler answers an error without a code',
    handlers: { Unary: (_call, callback) => callback(new RangeError('no code')) },
    drive: (fixture) => unary(fixture.client()),
    wire: UNKNOWN,
    recorded: { 'Unary UNKNOWN': 1 },
  },
  {
    name: '2 the handler answers a code that gRPC does not have',
    handlers: { Unary: (_call, callback) => callback({ code: 42, details: 'no such code' }) },
    drive: async (fixture) => (await fixture.raw()).call('Unary', frame('x')),
    wire: { status: 42 },
    recorded: { 'Unary UNKNOWN': 1 },
  },
  {
    name: '2 the details of the status cannot be sent, so that grpc-js throws into the handler',
    handlers: { Unary: (_call, callback) => callback({ code: NOT_FOUND, details: '\ud800' }) },
    drive: (fixture) => unary(fixture.client()),
    wire: UNKNOWN,
    recorded: { 'Unary UNKNOWN': 1 },
    errors: { 'Unary URIError': 1 },
  },
  {
    name: '15 declared but not implemented',
    drive: (fixture) => unary(fixture.client()),
    wire: UNIMPLEMENTED,
    recorded: { 'Unary UNIMPLEMENTED': 1 },
  },
  {
    name: '16 the callback is called twice: the first counts',
    handlers: {
      Unary: (_call, callback) => {
        callback({ code: NOT_FOUND, details: 'no' });
        callback(null, reply);
      },
    },
    drive: (fixture) => unary(fixture.client()),
    wire: NOT_FOUND,
    recorded: { 'Unary NOT_FOUND': 1 },
  },
];

const exceptions: Row[] = (['Unary', 'ServerStream', 'ClientStream', 'Bidi'] as const).map((name) => ({
  name: `3 ${name}: the handler throws`,
  handlers: {
    [name]: () => {
      throw Object.assign(new TypeError('a bug'), { code: NOT_FOUND });
    },
  },
  drive: async (fixture) => (await fixture.raw()).call(name, frame('x')),
  wire: { status: UNKNOWN },
  recorded: { [`${name} UNKNOWN`]: 1 },
  errors: { [`${name} TypeError`]: 1 },
}));

const rejections: Row[] = [
  {
    name: '4 an async handler rejects: ends with the deadline',
    handlers: {
      Unary: async () => {
        throw new RangeError('a bug');
      },
    },
    drive: async (fixture) => {
      const code = await unary(fixture.client(), { deadline: 300 });
      return code;
    },
    wire: DEADLINE_EXCEEDED,
    recorded: { 'Unary DEADLINE_EXCEEDED': 1 },
    errors: { 'Unary RangeError': 1 },
    rejections: 1,
  },
  {
    name: '4 an async handler rejects: ends with the cancellation, in flight until then',
    handlers: {
      ClientStream: async () => {
        throw new RangeError('a bug');
      },
    },
    drive: async (fixture) => {
      const stream = (await fixture.raw()).open('ClientStream');
      await arrived(fixture);
      await sleep(30);
      const inFlight = fixture.inFlight();
      stream.close(8);
      return inFlight;
    },
    wire: 1,
    recorded: { 'ClientStream CANCELLED': 1 },
    errors: { 'ClientStream RangeError': 1 },
    rejections: 1,
  },
  {
    name: '5 a server stream is destroyed with an error after a message: ends with the deadline',
    handlers: {
      ServerStream: (call) => {
        call.write(reply);
        setTimeout(() => call.destroy(new Error('gone')), 5);
      },
    },
    drive: (fixture) => serverStream(fixture.client(), { deadline: 300 }).code,
    wire: DEADLINE_EXCEEDED,
    recorded: { 'ServerStream DEADLINE_EXCEEDED': 1 },
  },
];

const cancellations: Row[] = [
  {
    name: '6 the client cancels a pending unary call',
    handlers: { Unary: pending },
    drive: cancelPending,
    wire: CANCELLED,
    recorded: { 'Unary CANCELLED': 1 },
  },
  {
    name: '6 the client cancels, the handler answers later',
    handlers: { Unary: answerTooLate },
    drive: cancelPending,
    wire: CANCELLED,
    recorded: { 'Unary CANCELLED': 1 },
  },
  {
    name: '6 the client cancels, the handler answers an error later',
    handlers: { Unary: refuseTooLate },
    drive: cancelPending,
    wire: CANCELLED,
    recorded: { 'Unary CANCELLED': 1 },
  },
  {
    name: '6 the client cancels mid server stream',
    handlers: { ServerStream: streamOneAndWait },
    drive: cancelStream,
    wire: CANCELLED,
    recorded: { 'ServerStream CANCELLED': 1 },
  },
  {
    name: '6 the client cancels mid server stream, the handler goes on writing',
    handlers: {
      ServerStream: (call) => {
        const timer = setInterval(() => call.write(reply), 2);
        call.on('cancelled', () => {
          setTimeout(() => {
            clearInterval(timer);
            call.end();
          }, 20);
        });
        call.write(reply);
      },
    },
    drive: async (fixture) => {
      const { call, code } = serverStream(fixture.client());
      await firstMessage(call);
      call.cancel();
      return code;
    },
    wire: CANCELLED,
    recorded: { 'ServerStream CANCELLED': 1 },
  },
  {
    name: '6 the client resets mid bidi',
    handlers: { Bidi: (call) => call.on('data', (message: Buffer) => call.write(message)) },
    drive: async (fixture) => {
      const stream = (await fixture.raw()).open('Bidi');
      const data = once(stream, 'data');
      stream.write(frame('x'));
      await data;
      stream.close(8);
      return end(stream);
    },
    wire: { reset: 8 },
    recorded: { 'Bidi CANCELLED': 1 },
  },
  {
    name: '6 the client reads nothing and goes away while the answer is on its way',
    handlers: {
      ServerStream: (call) => {
        call.write(Buffer.alloc(1_000_000));
        call.end();
      },
    },
    drive: async (fixture) => {
      const stream = (await fixture.raw()).open('ServerStream');
      stream.pause();
      stream.end(frame('x'));
      await once(stream, 'response');
      await sleep(20);
      const inFlight = fixture.inFlight();
      stream.close(8);
      return inFlight;
    },
    wire: 1,
    recorded: { 'ServerStream CANCELLED': 1 },
    except: {
      modes: ['injected connection'],
      why: 'Node 26 calls back for a write that was cut off as if it had succeeded; only the stream knows better',
    },
  },
  {
    name: "7 Node's client cancels a client stream before it is done: the server ends it OK",
    handlers: { ClientStream: collect },
    drive: async (fixture) => {
      const { call, code } = clientStream(fixture.client());
      call.write(reply);
      await arrived(fixture);
      await sleep(20);
      call.cancel();
      return code;
    },
    wire: CANCELLED,
    recorded: { 'ClientStream OK': 1 },
    isRace: true, // of the stream's end and its reset, within Node
  },
  {
    name: "7 Node's client cancels a bidi call before it is done: the server ends it OK",
    handlers: { Bidi: echo },
    drive: async (fixture) => {
      const { call, code } = bidi(fixture.client());
      call.write(reply);
      await firstMessage(call);
      call.cancel();
      return code;
    },
    wire: CANCELLED,
    recorded: { 'Bidi OK': 1 },
    isRace: true, // of the stream's end and its reset, within Node
  },
];

const deadlines: Row[] = [
  {
    name: '8 the client cancels long before the deadline',
    handlers: { Unary: pending },
    drive: async (fixture) => {
      const { call, code } = startUnary(fixture.client(), { deadline: 2000 });
      await arrived(fixture);
      call.cancel();
      return code;
    },
    wire: CANCELLED,
    recorded: { 'Unary CANCELLED': 1 },
  },
  {
    name: '8 the deadline passes while the handler is pending',
    handlers: { Unary: pending },
    drive: (fixture) => unary(fixture.client(), { deadline: 300 }),
    wire: DEADLINE_EXCEEDED,
    recorded: { 'Unary DEADLINE_EXCEEDED': 1 },
  },
  {
    name: '8 the deadline passes on the server alone',
    handlers: { Unary: pending },
    drive: async (fixture) => (await fixture.raw()).call('Unary', frame('x'), { 'grpc-timeout': '40m' }),
    wire: { status: DEADLINE_EXCEEDED },
    recorded: { 'Unary DEADLINE_EXCEEDED': 1 },
  },
  {
    name: '8 the deadline passes mid-stream',
    handlers: { ServerStream: streamOneAndWait },
    drive: (fixture) => serverStream(fixture.client(), { deadline: 300 }).code,
    wire: DEADLINE_EXCEEDED,
    recorded: { 'ServerStream DEADLINE_EXCEEDED': 1 },
  },
  {
    name: '8 the deadline passes mid-stream, on the server alone',
    handlers: { Bidi: streamOneAndWait },
    drive: async (fixture) => end((await fixture.raw()).open('Bidi', { 'grpc-timeout': '40m' })),
    wire: { status: DEADLINE_EXCEEDED },
    recorded: { 'Bidi DEADLINE_EXCEEDED': 1 },
  },
  {
    name: '8 the deadline passes while a client that reads nothing blocks the stream',
    handlers: { ServerStream: (call) => call.write(Buffer.alloc(1_000_000)) },
    drive: async (fixture) => {
      const stream = (await fixture.raw()).open('ServerStream', { 'grpc-timeout': '40m' });
      stream.pause();
      stream.end(frame('x'));
      await sleep(80);
      stream.close(8);
    },
    wire: undefined,
    recorded: { 'ServerStream DEADLINE_EXCEEDED': 1 },
  },
  {
    name: '8 the deadline passes, the handler answers later',
    handlers: { Unary: answerTooLate },
    drive: (fixture) => unary(fixture.client(), { deadline: 300 }),
    wire: DEADLINE_EXCEEDED,
    recorded: { 'Unary DEADLINE_EXCEEDED': 1 },
  },
  {
    name: '8 fifty deadlines that race between client and server',
    isRace: true,
    handlers: { Unary: pending },
    drive: async (fixture) => {
      const client = fixture.client();
      const codes = await Promise.all(
        Array.from({ length: 50 }, (_, index) => unary(client, { deadline: 1000 + 5 * index })),
      );
      return codes.every((code) => code === DEADLINE_EXCEEDED);
    },
    wire: true,
    recorded: { 'Unary DEADLINE_EXCEEDED': 50 },
  },
];

const connectionsLost: Row[] = [
  {
    name: '9 TCP reset',
    handlers: { Unary: pending },
    drive: async (fixture) => {
      const raw = await fixture.raw();
      raw.open('Unary').end(frame('x'));
      await arrived(fixture);
      raw.socket.resetAndDestroy();
    },
    wire: undefined,
    recorded: { 'Unary CANCELLED': 1 },
  },
  {
    name: '9 the connection is destroyed',
    handlers: { Bidi: streamOneAndWait },
    drive: async (fixture) => {
      const raw = await fixture.raw();
      raw.open('Bidi').write(frame('x'));
      await arrived(fixture);
      raw.session.destroy();
    },
    wire: undefined,
    recorded: { 'Bidi CANCELLED': 1 },
  },
  {
    name: '9 half-close, then reset',
    handlers: { Unary: pending },
    drive: async (fixture) => {
      const stream = (await fixture.raw()).open('Unary');
      stream.end(frame('x'));
      await arrived(fixture);
      stream.close(8);
      return end(stream);
    },
    wire: { reset: 8 },
    recorded: { 'Unary CANCELLED': 1 },
  },
  {
    name: '9 forceShutdown',
    handlers: { Unary: pending },
    drive: async (fixture) => {
      const code = unary(fixture.client(), { deadline: 5000 });
      await arrived(fixture);
      fixture.server.forceShutdown();
      return (await code) === OK;
    },
    wire: false,
    recorded: { 'Unary CANCELLED': 1 },
  },
  {
    name: '9 the connection reaches its maximum age',
    handlers: { Unary: pending },
    options: { 'grpc.max_connection_age_ms': 60, 'grpc.max_connection_age_grace_ms': 30 },
    drive: async (fixture) => {
      const stream = (await fixture.raw()).open('Unary');
      stream.end(frame('x'));
      return 'status' in (await end(stream));
    },
    wire: false,
    recorded: { 'Unary CANCELLED': 1 },
  },
  {
    name: '10 tryShutdown while a call is pending, which then ends OK',
    handlers: { Unary: (_call, callback) => setTimeout(() => callback(null, reply), 60) },
    drive: async (fixture) => {
      const code = unary(fixture.client());
      await arrived(fixture);
      await new Promise<void>((resolve) => fixture.server.tryShutdown(() => resolve()));
      return code;
    },
    wire: OK,
    recorded: { 'Unary OK': 1 },
  },
];

const messages: Row[] = [
  {
    name: '11 the request is too large',
    handlers: { Unary: answer },
    options: { 'grpc.max_receive_message_length': 10 },
    drive: (fixture) => unary(fixture.client(), { message: 'longer than ten bytes' }),
    wire: RESOURCE_EXHAUSTED,
    recorded: { 'Unary RESOURCE_EXHAUSTED': 1 },
  },
  {
    name: '11 the response is too large',
    handlers: { Unary: (_call, callback) => callback(null, Buffer.alloc(20)) },
    options: { 'grpc.max_send_message_length': 10 },
    drive: (fixture) => unary(fixture.client()),
    wire: RESOURCE_EXHAUSTED,
    recorded: { 'Unary RESOURCE_EXHAUSTED': 1 },
  },
  {
    name: '11 a response of a stream is too large, after one that was not',
    handlers: {
      ServerStream: (call) => {
        call.write(reply);
        call.write(Buffer.alloc(20));
      },
    },
    options: { 'grpc.max_send_message_length': 10 },
    drive: (fixture) => serverStream(fixture.client()).code,
    wire: RESOURCE_EXHAUSTED,
    recorded: { 'ServerStream RESOURCE_EXHAUSTED': 1 },
  },
  {
    name: '12 the request does not deserialize',
    handlers: { Unary: answer },
    drive: (fixture) => unary(fixture.client(), { message: Buffer.from([0xff]) }),
    wire: INTERNAL,
    recorded: { 'Unary INTERNAL': 1 },
  },
  {
    name: '12 the response does not serialize',
    handlers: { Unary: (_call, callback) => callback(null, Buffer.from([0xfe])) },
    drive: (fixture) => unary(fixture.client()),
    wire: INTERNAL,
    recorded: { 'Unary INTERNAL': 1 },
  },
  {
    name: '12 a request that says gzip and is not',
    handlers: { Unary: answer },
    drive: async (fixture) => (await fixture.raw()).call('Unary', frame('not gzip', 1), { 'grpc-encoding': 'gzip' }),
    wire: { status: INTERNAL },
    recorded: { 'Unary INTERNAL': 1 },
    except: { versions: ['1.10'], why: 'grpc-js up to 1.13.4 crashes the process' },
  },
  {
    name: '12 a request that is gzip: OK',
    handlers: { Unary: answer },
    drive: async (fixture) => (await fixture.raw()).call('Unary', frame(gzipSync('x'), 1), { 'grpc-encoding': 'gzip' }),
    wire: { status: OK },
    recorded: { 'Unary OK': 1 },
  },
  {
    name: '12 a bad grpc-timeout',
    handlers: { Unary: pending },
    drive: async (fixture) => (await fixture.raw()).call('Unary', frame('x'), { 'grpc-timeout': 'soon' }),
    wire: { status: INTERNAL },
    recorded: { 'Unary INTERNAL': 1 },
  },
  {
    name: '13 an encoding that the server does not know',
    handlers: { Unary: answer },
    drive: async (fixture) => (await fixture.raw()).call('Unary', frame('x', 1), { 'grpc-encoding': 'snappy' }),
    wire: { status: UNIMPLEMENTED },
    recorded: { 'Unary UNIMPLEMENTED': 1 },
  },
  {
    name: '14 unary without a message',
    handlers: { Unary: answer },
    drive: async (fixture) => (await fixture.raw()).call('Unary', Buffer.alloc(0)),
    wire: { status: UNIMPLEMENTED },
    recorded: { 'Unary UNIMPLEMENTED': 1 },
  },
  {
    name: '14 unary with two messages',
    handlers: { Unary: answer },
    drive: async (fixture) => (await fixture.raw()).call('Unary', Buffer.concat([frame('one'), frame('two')])),
    wire: { status: UNIMPLEMENTED },
    recorded: { 'Unary UNIMPLEMENTED': 1 },
  },
  {
    name: '14 a truncated frame',
    handlers: { Unary: answer },
    drive: async (fixture) => (await fixture.raw()).call('Unary', frame('truncated').subarray(0, 8)),
    wire: { status: UNIMPLEMENTED },
    recorded: { 'Unary UNIMPLEMENTED': 1 },
  },
  {
    name: '14 headers, then reset',
    handlers: { Unary: answer },
    drive: async (fixture) => {
      const stream = (await fixture.raw()).open('Unary');
      await arrived(fixture);
      stream.close(8);
      return end(stream);
    },
    wire: { reset: 8 },
    recorded: { 'Unary UNIMPLEMENTED': 1 },
  },
  {
    name: '14 HTTP GET on a known path',
    handlers: { Unary: answer },
    drive: async (fixture) => {
      const stream = (await fixture.raw()).open('Unary', { ':method': 'GET' });
      stream.end();
      return end(stream);
    },
    wire: { status: UNIMPLEMENTED },
    recorded: { 'Unary UNIMPLEMENTED': 1 },
  },
];

type Interceptor = newest.ServerInterceptor;
type Listener = newest.ServerListener;

/** An interceptor of the user's that does `start` its own way. `any`: each version has a `ServerInterceptingCall` of its own. */
function interceptor(build: (call: newest.ServerInterceptingCallInterface) => unknown): Interceptor {
  return (_method, call) => build(call) as newest.ServerInterceptingCall;
}

function delegate(call: newest.ServerInterceptingCallInterface, own: object): object {
  return Object.assign(Object.create(call) as object, own);
}

const refused = { code: newest.status.PERMISSION_DENIED, details: 'not you', metadata: null };

const refuseInStart = interceptor((call) => delegate(call, { start: () => call.sendStatus(refused) }));
const refuseLater = interceptor((call) =>
  delegate(call, { start: () => setTimeout(() => call.sendStatus(refused), 20) }),
);
const refuseAfterMetadata = interceptor((call) =>
  delegate(call, {
    start: (listener: Required<Listener>) =>
      call.start({ ...forwarding(listener), onReceiveMetadata: () => call.sendStatus(refused) } as never),
  }),
);
const startLater = interceptor((call) =>
  delegate(call, { start: (listener: never) => setTimeout(() => call.start(listener), 40) }),
);

function forwarding(listener: Required<Listener>): object {
  const { onReceiveMessage, onReceiveHalfClose, onCancel } = listener as unknown as Record<
    string,
    (x?: unknown) => void
  >;
  return {
    onReceiveMessage: (message: unknown) => onReceiveMessage?.(message),
    onReceiveHalfClose: () => onReceiveHalfClose?.(),
    onCancel: () => onCancel?.(),
  };
}

/** The call of an interceptor that only inherits from the one it was given: `this` is its own in every method. */
const inherit = interceptor((call) => delegate(call, {}));
const inherited: Row[] = [
  {
    name: '17 another interceptor inherits from our call: OK',
    handlers: { Bidi: echo },
    interceptors: [inherit],
    drive: async (fixture) => (await fixture.raw()).call('Bidi', frame('x')),
    wire: { status: OK },
    recorded: { 'Bidi OK': 1 },
  },
  {
    name: '17 another interceptor inherits from our call, the handler throws',
    handlers: {
      Unary: () => {
        throw new TypeError('a bug');
      },
    },
    interceptors: [inherit],
    drive: (fixture) => unary(fixture.client()),
    wire: UNKNOWN,
    recorded: { 'Unary UNKNOWN': 1 },
    errors: { 'Unary TypeError': 1 },
  },
  {
    name: '17 another interceptor inherits from our call, the client cancels',
    handlers: { Unary: pending },
    interceptors: [inherit],
    drive: cancelPending,
    wire: CANCELLED,
    recorded: { 'Unary CANCELLED': 1 },
  },
  {
    name: '17 another interceptor inherits from our call, the client cancels mid stream',
    handlers: { ServerStream: streamOneAndWait },
    interceptors: [inherit],
    drive: cancelStream,
    wire: CANCELLED,
    recorded: { 'ServerStream CANCELLED': 1 },
  },
];

const interceptors: Row[] = [
  {
    name: '17 another interceptor refuses in start',
    handlers: { Unary: answer },
    interceptors: [refuseInStart],
    drive: (fixture) => unary(fixture.client()),
    wire: PERMISSION_DENIED,
    recorded: { 'Unary PERMISSION_DENIED': 1 },
  },
  {
    name: '17 another interceptor refuses some time after start',
    handlers: { Unary: answer },
    interceptors: [refuseLater],
    drive: (fixture) => unary(fixture.client()),
    wire: PERMISSION_DENIED,
    recorded: { 'Unary PERMISSION_DENIED': 1 },
  },
  {
    name: '17 another interceptor refuses after the metadata',
    handlers: { Unary: answer },
    interceptors: [refuseAfterMetadata],
    drive: (fixture) => unary(fixture.client()),
    wire: PERMISSION_DENIED,
    recorded: { 'Unary PERMISSION_DENIED': 1 },
  },
  ...inherited,
  {
    name: '17 another interceptor starts later: OK',
    handlers: { Unary: answer },
    interceptors: [startLater],
    drive: (fixture) => unary(fixture.client()),
    wire: OK,
    recorded: { 'Unary OK': 1 },
  },
  {
    name: '17 another interceptor starts later, when the client has gone',
    handlers: { Unary: answer },
    interceptors: [startLater],
    drive: cancelPending,
    wire: CANCELLED,
    recorded: { 'Unary CANCELLED': 1 },
    except: { modes: ['injected connection'], why: 'grpc-js tells nobody, and the stream is not known' },
  },
  {
    name: '18 an interceptor of the credentials refuses',
    handlers: { Unary: answer },
    credentialsInterceptors: [refuseInStart],
    drive: (fixture) => unary(fixture.client()),
    wire: PERMISSION_DENIED,
    recorded: { 'Unary PERMISSION_DENIED': 1 },
    except: {
      versions: ['1.10'],
      modes: ['injected connection'],
      why: '1.10 has none; it is nearer the wire than ours, which only the stream makes up for',
    },
  },
];

const escaped: Row[] = [
  {
    name: '20 an unknown method',
    handlers: { Unary: answer },
    drive: async (fixture) => {
      const raw = await fixture.raw();
      return [await raw.call('Unary', frame('x')), await raw.call('Nope', frame('x'))];
    },
    wire: [{ status: OK }, { status: UNIMPLEMENTED }],
    recorded: { 'Unary OK': 1, 'unknown UNIMPLEMENTED': 1 },
    except: { modes: ['injected connection'], why: 'no interceptor is called, and the server is not watched' },
  },
  {
    name: '20 an unknown service',
    handlers: { Unary: answer },
    drive: async (fixture) => {
      const raw = await fixture.raw();
      return [await raw.call('Unary', frame('x')), await raw.call('/no.Such/Thing', frame('x'))];
    },
    wire: [{ status: OK }, { status: UNIMPLEMENTED }],
    recorded: { 'Unary OK': 1, 'unknown UNIMPLEMENTED': 1 },
    except: { modes: ['injected connection'], why: 'no interceptor is called, and the server is not watched' },
  },
  {
    name: '21 a wrong content type is not an RPC',
    handlers: { Unary: answer },
    drive: async (fixture) => {
      const raw = await fixture.raw();
      const ok = await raw.call('Unary', frame('x'));
      const wrong = await raw.call('Unary', frame('x'), { 'content-type': 'application/json' });
      return [ok, wrong, fixture.sum('grpc_rejected_total')];
    },
    wire: [{ status: OK }, { http: 415 }, 1],
    recorded: { 'Unary OK': 1 },
    except: { modes: ['injected connection'], why: 'no interceptor is called, and the server is not watched' },
  },
];

export const rows: readonly Row[] = [
  ...success,
  ...refusals,
  ...exceptions,
  ...rejections,
  ...cancellations,
  ...deadlines,
  ...connectionsLost,
  ...messages,
  ...interceptors,
  ...escaped,
];
