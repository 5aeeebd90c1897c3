import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { observedOptions } from '../../src/adapters/grpc-js/client/client-options.ts';
import { ObservedChannels } from '../../src/adapters/grpc-js/client/observed-channels.ts';
import { Channels, Target } from '../../src/rpc/channels.ts';
import { ClientStore } from '../../src/rpc/client-store.ts';
import { Faults, type Stage } from '../../src/rpc/faults.ts';
import { CallLabels } from '../../src/rpc/limits/call-labels.ts';
import { Method } from '../../src/rpc/methods/method.ts';
import { grpcServer } from '../support/backends.ts';
import { failingClock } from '../support/failing-clock.ts';
import { bidi, clientStream, serverStream, startUnary, unary } from '../support/grpc-js/calls.ts';
import { type Grpc, type Handler, versions } from '../support/grpc-js/fixture.ts';
import { service } from '../support/service.ts';
import { sleep } from '../support/wait.ts';

function boom(): never {
  throw new Error('injected fault');
}

/** Each makes one of our hooks throw, wherever it is called. */
const faults: [name: string, inject: (store: ClientStore) => void, stage: Stage][] = [
  ['finding the method', (store) => vi.spyOn(store, 'method').mockImplementation(boom), 'call'],
  ['reading labels', (store) => vi.spyOn(store, 'labelled').mockImplementation(boom), 'label'],
  ['counting the start', () => vi.spyOn(Method.prototype, 'isPlain', 'get').mockImplementation(boom), 'call'],
  ['counting a message in', () => vi.spyOn(Method.prototype, 'received').mockImplementation(boom), 'call'],
  ['counting a message out', () => vi.spyOn(Method.prototype, 'sent').mockImplementation(boom), 'call'],
  ['counting retries', () => vi.spyOn(Method.prototype, 'retried').mockImplementation(boom), 'call'],
  ['recording the end', () => vi.spyOn(Method.prototype, 'finish').mockImplementation(boom), 'call'],
  ['counting an attempt', () => vi.spyOn(Method.prototype, 'attempted').mockImplementation(boom), 'call'],
  ['finding the target', () => vi.spyOn(Channels.prototype, 'target').mockImplementation(boom), 'connection'],
  ['counting a channel', () => vi.spyOn(Target.prototype, 'add').mockImplementation(boom), 'connection'],
  ['counting a transition', () => vi.spyOn(Target.prototype, 'entered').mockImplementation(boom), 'connection'],
  ['forgetting a channel', () => vi.spyOn(Target.prototype, 'remove').mockImplementation(boom), 'connection'],
];

const clocks: [name: string, fails: (reading: number) => boolean][] = [
  ['at every reading', () => true],
  ['at every second reading', (reading) => reading % 2 === 0],
  ['at every reading but the first', (reading) => reading > 1],
];

/** What one unary call leaves behind when one reading of the clock throws. */
const readings: [name: string, fails: number, left: Record<'faults' | 'started' | 'finished' | 'attempts', number>][] =
  [
    ['at the start of a call', 1, { faults: 1, started: 0, finished: 0, attempts: 1 }],
    ['at the start of an attempt', 2, { faults: 1, started: 1, finished: 1, attempts: 1 }],
    ['at the end of an attempt', 3, { faults: 1, started: 1, finished: 1, attempts: 1 }],
    ['at the end of a call', 4, { faults: 1, started: 1, finished: 1, attempts: 1 }],
    ['after a call', 5, { faults: 0, started: 1, finished: 1, attempts: 1 }],
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

let attempts = 0;
const handlers: Record<keyof typeof service, Handler> = {
  Unary: (call, callback) => {
    const request = String(call.request);
    attempts += 1;
    if (request === 'no') callback({ code: 5, details: 'no' });
    else if (request === 'retry' && attempts % 2 === 1) callback({ code: 14, details: 'later' });
    else if (request !== 'wait') callback(null, Buffer.from('reply'));
  },
  ServerStream: (call) => {
    call.write(Buffer.from('one'));
    call.write(Buffer.from('two'));
    call.end();
  },
  ClientStream: (call, callback) => {
    call.on('data', () => {});
    call.on('end', () => callback(null, Buffer.from('reply')));
  },
  Bidi: (call) => {
    call.on('data', (message: Buffer) => call.write(message));
    call.on('end', () => call.end());
  },
};

const retryOnce = {
  'grpc.service_config': JSON.stringify({
    loadBalancingConfig: [],
    methodConfig: [
      {
        name: [{ service: 'test.v1.Endings', method: 'Unary' }],
        retryPolicy: {
          maxAttempts: 2,
          initialBackoff: '0.01s',
          maxBackoff: '0.01s',
          backoffMultiplier: 1,
          retryableStatusCodes: ['UNAVAILABLE'],
        },
      },
    ],
  }),
};

/** A client of a server of its own. */
async function connect(grpc: Grpc, store: ClientStore | undefined) {
  const backend = await grpcServer(grpc, handlers);
  const Client = grpc.makeGenericClientConstructor(service, 'Endings');
  const options = store === undefined ? retryOnce : observedOptions(retryOnce as object, new ObservedChannels(store));
  const client = new Client(backend.address, grpc.credentials.createInsecure(), options);
  closing.push(
    () => client.close(),
    () => backend.close(),
  );
  return client;
}

/** Everything that an application can see of its calls. */
async function observe(grpc: Grpc, store: ClientStore | undefined): Promise<unknown[]> {
  attempts = 0;
  const client = await connect(grpc, store);
  const retried = await unary(client, { message: 'retry' });
  const upload = clientStream(client);
  upload.call.write(Buffer.from('one'));
  upload.call.end();
  const chat = bidi(client);
  const echoed: string[] = [];
  chat.call.on('data', (message: Buffer) => echoed.push(String(message)));
  chat.call.write(Buffer.from('one'));
  chat.call.end();
  const abandoned = startUnary(client, { message: 'wait' });
  setTimeout(() => abandoned.call.cancel(), 30);
  const seen = [
    retried,
    attempts,
    await unary(client),
    await unary(client, { message: 'no' }),
    await unary(client, { message: 'wait', deadline: 100 }),
    await serverStream(client).code,
    await upload.code,
    await chat.code,
    echoed,
    await abandoned.code,
  ];
  client.close();
  let thrown: unknown;
  try {
    startUnary(client);
  } catch (error) {
    thrown = String(error);
  }
  await sleep(20);
  return [...seen, thrown];
}

const bareByVersion = new Map<Grpc, Promise<unknown[]>>();

/** What an application sees of its calls without metrics, which is the same for every test. */
function observeBare(grpc: Grpc): Promise<unknown[]> {
  const bare = bareByVersion.get(grpc) ?? observe(grpc, undefined);
  bareByVersion.set(grpc, bare);
  return bare;
}

for (const [version, grpc] of versions) {
  test.each(faults)(`grpc-js ${version} calls as without us when a fault is in: %s`, async (_name, inject, stage) => {
    const bare = await observeBare(grpc);
    const warnings: string[] = [];
    const noted = new Faults((message) => warnings.push(message));
    const labels = stage === 'label' ? new CallLabels({ a: { from: () => 'a' } }, noted) : undefined;
    const store = new ClientStore(noted, { labels, attempts: true });
    inject(store);
    expect(await observe(grpc, store)).toEqual(bare);
    expect(uncaught).toEqual([]);
    expect(store.faults.counts[stage]).toBeGreaterThan(0);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('injected fault');
    if (stage === 'label') expect(store.method('/test.v1.Endings/Unary')).toMatchObject({ started: 6, finished: 6 });
  });

  test.each(clocks)(`grpc-js ${version} calls as without us when the clock throws %s`, async (_name, fails) => {
    const bare = await observeBare(grpc);
    const store = new ClientStore(new Faults(() => {}), { clock: failingClock(fails), attempts: true });
    expect(await observe(grpc, store)).toEqual(bare);
    expect(uncaught).toEqual([]);
    expect(store.faults.counts.call).toBeGreaterThan(0);
    expect(Array.from(store.methods(), ({ inFlight }) => inFlight)).toEqual([0, 0, 0, 0]);
    expect(store.method('/test.v1.Endings/Unary')!.attempts(14)?.durations.count).toBe(1);
  });

  test.each(readings)(`grpc-js ${version} counts when the clock throws %s`, async (_name, failing, left) => {
    const clock = failingClock((reading) => reading === failing);
    const store = new ClientStore(new Faults(() => {}), { clock, attempts: true });
    expect(await unary(await connect(grpc, store))).toBe(0);
    const method = store.method('/test.v1.Endings/Unary')!;
    const { started, finished } = method;
    const counted = { started, finished, attempts: method.attempts(0)?.durations.count };
    expect({ faults: store.faults.counts.call, ...counted }).toEqual(left);
  });

  test(`grpc-js ${version} calls as without us when nothing is wrong, and the calls are seen`, async () => {
    const bare = await observeBare(grpc);
    const store = new ClientStore(new Faults(() => {}), { attempts: true });
    expect(await observe(grpc, store)).toEqual(bare);
    expect(bare).toEqual([0, 2, 0, 5, 4, 0, 0, 0, ['one'], 1, 'Error: Channel has been shut down']);
    expect(store.faults.counts).toMatchObject({ call: 0, connection: 0 });
    const method = store.method('/test.v1.Endings/Unary')!;
    expect(method).toMatchObject({ started: 6, finished: 6, type: 'unary' });
    expect([...method.retries]).toEqual([[1, 1]]);
    expect([0, 14].map((code) => method.attempts(code)?.durations.count)).toEqual([2, 1]);
  });
}

test('options that have nothing of grpc-js in them do not break a call', () => {
  const faultsOf = new Faults(() => {});
  const { callInvocationTransformer } = observedOptions({}, new ObservedChannels(new ClientStore(faultsOf)));
  const strange = { channel: null, methodDefinition: { path: '/a.B/C' } };
  expect(callInvocationTransformer(strange)).toBe(strange);
  expect(faultsOf.counts.call).toBe(1);
});
