import * as grpc from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { instrumentServer } from '../../src/adapters/grpc-js/server/instrument.ts';
import { serverInterceptor } from '../../src/adapters/grpc-js/server/interceptor.ts';
import { Faults, type Stage } from '../../src/rpc/faults.ts';
import { CallLabels } from '../../src/rpc/limits/call-labels.ts';
import { Method } from '../../src/rpc/methods/method.ts';
import { ServerStore } from '../../src/rpc/server-store.ts';
import { failingClock } from '../support/failing-clock.ts';
import { bidi, clientStream, serverStream, unary } from '../support/grpc-js/calls.ts';
import { versions } from '../support/grpc-js/fixture.ts';
import { frame, RawClient, type WireEnd } from '../support/raw-client.ts';
import { service } from '../support/service.ts';
import { sleep, until } from '../support/wait.ts';

function boom(): never {
  throw new Error('injected fault');
}

/** Each makes one of our hooks throw, wherever it is called. */
const faults: [name: string, inject: (store: ServerStore) => void, stage: Stage][] = [
  ['finding the method', (store) => vi.spyOn(store, 'method').mockImplementation(boom), 'call'],
  ['counting the start', () => vi.spyOn(Method.prototype, 'isPlain', 'get').mockImplementation(boom), 'call'],
  ['reading labels', (store) => vi.spyOn(store, 'labelled').mockImplementation(boom), 'label'],
  ['counting a message in', () => vi.spyOn(Method.prototype, 'received').mockImplementation(boom), 'call'],
  ['counting a message out', () => vi.spyOn(Method.prototype, 'sent').mockImplementation(boom), 'call'],
  ['recording the end', () => vi.spyOn(Method.prototype, 'finish').mockImplementation(boom), 'call'],
  ['an unknown method', () => vi.spyOn(ServerStore.prototype, 'unknown', 'get').mockImplementation(boom), 'call'],
  [
    'counting connections',
    (store) => Object.defineProperty(store, 'connections', { get: boom, set: boom }),
    'connection',
  ],
  ['counting rejections', (store) => Object.defineProperty(store, 'rejected', { get: boom }), 'connection'],
];

const clocks: [name: string, fails: (reading: number) => boolean][] = [
  ['at every reading', () => true],
  ['at every second reading', (reading) => reading % 2 === 0],
  ['at every reading but the first', (reading) => reading > 1],
];

/** What one unary call leaves behind when one reading of the clock throws. */
const readings: [name: string, fails: number, left: { faults: number; started: number; finished: number }][] = [
  ['at the start of a call', 1, { faults: 1, started: 0, finished: 0 }],
  ['at the end of a call', 2, { faults: 1, started: 1, finished: 1 }],
  ['after a call', 3, { faults: 0, started: 1, finished: 1 }],
];

let closing: (() => unknown)[] = [];
const uncaught: unknown[] = [];
const note = (error: unknown) => uncaught.push(error);

beforeEach(() => {
  uncaught.length = 0;
  process.on('uncaughtExceptionMonitor', note);
});

afterEach(() => {
  vi.restoreAllMocks();
  process.off('uncaughtExceptionMonitor', note);
  for (const close of closing) close();
  closing = [];
});

type AnyCall = {
  on: (event: string, listener: (message: Buffer) => void) => void;
  write: (m: Buffer) => void;
  end: () => void;
};
type Callback = (error: { code: number; details: string } | null, reply?: Buffer) => void;

const implementation = {
  Unary: (call: { request: Buffer }, callback: Callback) => {
    if (call.request.toString() === 'no') callback({ code: grpc.status.NOT_FOUND, details: 'no' });
    else if (call.request.toString() === 'bug') throw new TypeError('a bug');
    else if (call.request.toString() !== 'wait') callback(null, Buffer.from('reply'));
  },
  ServerStream: (call: AnyCall) => {
    call.write(Buffer.from('one'));
    call.write(Buffer.from('two'));
    call.end();
  },
  ClientStream: (call: AnyCall, callback: Callback) => {
    call.on('data', () => {});
    call.on('end', () => callback(null, Buffer.from('reply')));
  },
  Bidi: (call: AnyCall) => {
    call.on('data', (message) => call.write(message));
    call.on('end', () => call.end());
  },
};

/** A server and a client of it. */
async function connect(instrumented: ServerStore | undefined, version: typeof grpc) {
  const server = new version.Server();
  closing.push(() => server.forceShutdown());
  server.addService(service, implementation as unknown as grpc.UntypedServiceImplementation);
  if (instrumented !== undefined) instrumentServer(server, instrumented, serverInterceptor(instrumented));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', version.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const Client = version.makeGenericClientConstructor(service, 'Endings');
  const client = new Client(`127.0.0.1:${port}`, version.credentials.createInsecure());
  closing.push(() => client.close());
  return { port, client };
}

/** Everything a client can see of a server: each kind of call, errors, deadlines, what is unknown or refused. */
async function observe(instrumented: ServerStore | undefined, version: typeof grpc): Promise<unknown[]> {
  const { port, client } = await connect(instrumented, version);
  const raw = await RawClient.connect(port);
  closing.push(() => raw.close());
  const upload = clientStream(client);
  upload.call.write(Buffer.from('one'));
  upload.call.end();
  const chat = bidi(client);
  chat.call.write(Buffer.from('one'));
  chat.call.end();
  const wire: WireEnd[] = [
    await raw.call('Unary', frame('x')),
    await raw.call('Nope', frame('x')),
    await raw.call('Unary', frame('x'), { 'content-type': 'text/plain' }),
    await raw.call('Unary', Buffer.alloc(0)),
  ];
  const seen = [
    await unary(client),
    await unary(client, { message: 'no' }),
    await unary(client, { message: 'bug' }),
    await unary(client, { message: 'wait', deadline: 100 }),
    await serverStream(client).code,
    await upload.code,
    await chat.code,
    ...wire,
  ];
  const abandoned = raw.open('Unary');
  abandoned.end(frame('wait'));
  await sleep(30);
  abandoned.close(8);
  await sleep(30);
  raw.close();
  client.close();
  await sleep(30);
  return seen;
}

const bareByVersion = new Map<typeof grpc, Promise<unknown[]>>();

/** What a client sees of a server without metrics, which is the same for every test. */
function observeBare(version: typeof grpc): Promise<unknown[]> {
  const bare = bareByVersion.get(version) ?? observe(undefined, version);
  bareByVersion.set(version, bare);
  return bare;
}

for (const [version, versioned] of versions) {
  test.each(faults)(`grpc-js ${version} answers as without us when a fault is in: %s`, async (_name, inject, stage) => {
    const bare = await observeBare(versioned);
    const warnings: string[] = [];
    const noted = new Faults((message) => warnings.push(message));
    const labels = stage === 'label' ? new CallLabels({ a: { from: () => 'a' } }, noted) : undefined;
    const store = new ServerStore(noted, { labels });
    inject(store);
    expect(await observe(store, versioned)).toEqual(bare);
    expect(uncaught).toEqual([]);
    expect(store.faults.counts[stage]).toBeGreaterThan(0);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('injected fault');
    if (stage === 'label') expect(store.method('/test.v1.Endings/Unary')!.finished).toBeGreaterThan(0);
  });

  test.each(clocks)(`grpc-js ${version} answers as without us when the clock throws %s`, async (_name, fails) => {
    const bare = await observeBare(versioned);
    const store = new ServerStore(new Faults(() => {}), { clock: failingClock(fails) });
    expect(await observe(store, versioned)).toEqual(bare);
    expect(uncaught).toEqual([]);
    expect(store.faults.counts.call).toBeGreaterThan(0);
    expect(Array.from(store.methods(), ({ inFlight }) => inFlight)).toEqual([0, 0, 0, 0, 0]);
  });

  test.each(readings)(`grpc-js ${version} counts when the clock throws %s`, async (_name, failing, left) => {
    const store = new ServerStore(new Faults(() => {}), { clock: failingClock((reading) => reading === failing) });
    const { client } = await connect(store, versioned);
    expect(await unary(client)).toBe(0);
    const { started, finished } = store.method('/test.v1.Endings/Unary')!;
    expect({ faults: store.faults.counts.call, started, finished }).toEqual(left);
  });

  test(`grpc-js ${version}: when another interceptor's factory throws, nothing leaks`, async () => {
    const store = new ServerStore(new Faults());
    const ours = serverInterceptor(store);
    let broken = true;
    const theirs: grpc.ServerInterceptor = (_method, call) => {
      if (broken) boom();
      return call as grpc.ServerInterceptingCall;
    };
    const server = new versioned.Server({ interceptors: [ours, theirs] });
    closing.push(() => server.forceShutdown());
    server.addService(service, implementation as unknown as grpc.UntypedServiceImplementation);
    const port = await new Promise<number>((resolve) => {
      server.bindAsync('127.0.0.1:0', versioned.ServerCredentials.createInsecure(), (_error, bound) => resolve(bound));
    });
    const raw = await RawClient.connect(port);
    closing.push(() => raw.close());

    // grpc-js lets the exception out of the http2 server's event: a service survives it only with a handler of its own.
    const caught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => caught.push(error));
    const stream = raw.open('Unary');
    stream.end(frame('x'));
    await until(
      () => caught.length === 1,
      () => 'the factory did not throw',
    );
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);

    broken = false;
    expect(await raw.call('Unary', frame('x'))).toEqual({ status: 0 });
    stream.close(8);
    const method = store.method('/test.v1.Endings/Unary')!;
    await until(
      () => method.finished === 2,
      () => `${method.started} started, ${method.finished} finished`,
    );
    expect([method.outcome(0)?.durations.count, method.outcome(1)?.durations.count]).toEqual([1, 1]);
  });
}

test('a call that cannot be changed is left alone: a fault, and nothing in flight', () => {
  const store = new ServerStore(new Faults(() => {}));
  const theirs = Object.freeze({ start: () => {}, sendStatus: () => {} });
  const definition = { path: '/a.B/C', requestStream: false, responseStream: false };
  expect(serverInterceptor(store)(definition, theirs)).toBe(theirs);
  expect(store.faults.counts.call).toBe(1);
  expect(store.method('/a.B/C')!.inFlight).toBe(0);
});
