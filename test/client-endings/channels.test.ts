import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type * as newest from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { grpcServer, refusedAddress } from '../support/backends.ts';
import { type Grpc, type Handler, versions } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { until } from '../support/wait.ts';

const path = '/test.v1.Endings/Unary';
const identity = (bytes: Buffer) => bytes;
const answer: Handler = (_call, callback) => callback(null, Buffer.from('reply'));

let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

const own = { 'grpc.use_local_subchannel_pool': 1 };

function connect(grpc: Grpc, metrics: GrpcMetrics, address: string, options: object = own): newest.Client {
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), metrics.clientOptions(options));
  closing.push(() => client.close());
  return client;
}

function call(client: newest.Client): Promise<number> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, identity, identity, Buffer.from('x'), (error) => resolve(error?.code ?? 0));
  });
}

/** How many channels are in each state, without zeros. */
function states(metrics: GrpcMetrics, family = 'grpc_client_channels'): Record<string, number> {
  const found = metrics.collect().find(({ name }) => name === family);
  if (found?.type !== 'gauge' && found?.type !== 'counter') throw new Error(`no ${family}`);
  const entries = [...found.series].filter((one) => one.value > 0);
  return Object.fromEntries(entries.map((one) => [`${one.labels.target} ${one.labels.state}`, one.value]));
}

test.each([
  ['nothing', undefined],
  ['a text', 'dns:orders:50051'],
  ['a client', { getChannel: () => {} }],
])('channel() needs a channel, not %s', (_name, given) => {
  const message = expect.stringContaining('channel() needs an object with createCall and getTarget');
  const give = () => new GrpcMetrics().channel(given as never);
  expect(give).toThrow(expect.objectContaining({ code: 'unsupported_client', message }));
});

describe.each(versions)('grpc-js %s', (_version, grpc) => {
  test('a channel that is given the options of a client is refused: it would count nothing', () => {
    const make = () =>
      new grpc.Channel('127.0.0.1:1', grpc.credentials.createInsecure(), new GrpcMetrics().clientOptions());
    const message = expect.stringContaining('metrics.channel(channel)');
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_option', message }));
  });

  test('a channel that is observed twice counts its calls once, and has what the channel has', async () => {
    const { address } = await serve();
    const metrics = new GrpcMetrics();
    const channel = new grpc.Channel(address, grpc.credentials.createInsecure(), own);
    const observed = metrics.channel(metrics.channel(channel));
    expect(observed.getTarget()).toBe(channel.getTarget());
    const client = new grpc.Client(
      address,
      grpc.credentials.createInsecure(),
      metrics.clientOptions({ channelOverride: observed }),
    );
    closing.push(() => client.close());
    expect(await call(client)).toBe(0);
    expect(value(metrics, 'grpc_client_requests_total')).toBe(1);
    expect(states(metrics)).toEqual({ [`dns:${address} READY`]: 1 });
  });

  test('a channel without states costs its states, and no warning', async () => {
    const { address } = await serve();
    const metrics = new GrpcMetrics();
    const channel = new grpc.Channel(address, grpc.credentials.createInsecure(), own);
    closing.push(() => channel.close());
    const bare = {
      createCall: channel.createCall.bind(channel),
      getTarget: () => channel.getTarget(),
      getChannelzRef: () => channel.getChannelzRef(),
      close: () => {},
    } as unknown as newest.Channel;
    const client = connect(grpc, metrics, address, { channelOverride: bare });
    expect(await call(client)).toBe(0);
    expect(value(metrics, 'grpc_client_requests_total')).toBe(1);
    expect(states(metrics)).toEqual({});
    expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  });

  async function serve() {
    const backend = await grpcServer(grpc, { Unary: answer });
    closing.push(() => backend.close());
    return backend;
  }

  test('a channel is counted by its state from its first call until it is closed, several together', async () => {
    const { address } = await serve();
    const metrics = new GrpcMetrics();
    const [one, two] = [connect(grpc, metrics, address), connect(grpc, metrics, address)];
    expect(states(metrics)).toEqual({});
    const first = call(one);
    expect(states(metrics)).toEqual({ [`dns:${address} CONNECTING`]: 1 });
    await first;
    await call(two);
    expect(states(metrics)).toEqual({ [`dns:${address} READY`]: 2 });
    one.close();
    expect(states(metrics)).toEqual({ [`dns:${address} READY`]: 1 });
    two.close();
    expect(states(metrics)).toEqual({});
    expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  });

  test('transitions are counted, and stay when the channel is closed', async () => {
    const backend = await serve();
    const metrics = new GrpcMetrics();
    const client = connect(grpc, metrics, backend.address);
    await call(client);
    const target = `dns:${backend.address}`;
    const transitions = () => states(metrics, 'grpc_client_channel_transitions_total');
    expect(transitions()).toEqual({ [`${target} CONNECTING`]: 1, [`${target} READY`]: 1 });
    backend.close();
    await until(
      () => states(metrics)[`${target} IDLE`] === 1,
      () => JSON.stringify(states(metrics)),
    );
    expect(await call(client)).toBe(14);
    client.close();
    expect(transitions()).toMatchObject({
      [`${target} IDLE`]: 1,
      [`${target} CONNECTING`]: 2,
      [`${target} READY`]: 1,
      [`${target} TRANSIENT_FAILURE`]: 1,
    });
  });

  test('a channel that cannot connect is in TRANSIENT_FAILURE', async () => {
    const address = await refusedAddress();
    const metrics = new GrpcMetrics();
    expect(await call(connect(grpc, metrics, address))).toBe(14);
    expect(states(metrics)).toEqual({ [`dns:${address} TRANSIENT_FAILURE`]: 1 });
  });

  test('a channel that the user gave is counted before its first call, once for all its clients', async () => {
    const { address } = await serve();
    const metrics = new GrpcMetrics();
    const channel = new grpc.Channel(address, grpc.credentials.createInsecure(), own);
    const [one, two] = [{ channelOverride: channel }, { channelFactoryOverride: () => channel }].map((options) =>
      connect(grpc, metrics, address, options),
    );
    expect(states(metrics)).toEqual({ [`dns:${address} IDLE`]: 1 });
    await call(one!);
    await call(two!);
    expect(states(metrics)).toEqual({ [`dns:${address} READY`]: 1 });
  });

  test('targets can be put together', async () => {
    const { address } = await serve();
    const metrics = new GrpcMetrics({ client: { targets: () => false } });
    await call(connect(grpc, metrics, address));
    expect(states(metrics)).toEqual({ 'other READY': 1 });
  });
});

/** In a process of its own: makes clients and lets go of them. Prints what is left. */
const collected = (module: string, end: string) => `
  import { createRequire } from 'node:module';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { GrpcMetrics } from './src/index.ts';
  const grpc = createRequire(import.meta.url)('${module}');
  const metrics = new GrpcMetrics({ client: { attempts: true } });
  const identity = (bytes) => bytes;
  const server = new grpc.Server();
  server.addService({ Unary: { path: '/a.B/C', requestStream: false, responseStream: false, requestSerialize: identity,
    requestDeserialize: identity, responseSerialize: identity, responseDeserialize: identity } },
    { Unary: (_call, callback) => callback(null, Buffer.from('x')) });
  const port = await new Promise((resolve) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, bound) => resolve(bound)));
  const shared = metrics.clientOptions();
  async function use() {
    const client = new grpc.Client('127.0.0.1:' + port, grpc.credentials.createInsecure(), shared);
    await new Promise((resolve) => client.makeUnaryRequest('/a.B/C', identity, identity, Buffer.from('x'), resolve));
    const reference = new WeakRef(client.getChannel());
    ${end}
    return reference;
  }
  const references = [];
  for (let index = 0; index < 5; index += 1) references.push(await use());
  const left = () => references.filter((reference) => reference.deref() !== undefined).length;
  for (let round = 0; round < 40 && left() > 0; round += 1) {
    await sleep(25);
    globalThis.gc();
  }
  await sleep(25);
  server.forceShutdown();
  const channels = metrics.collect().find(({ name }) => name === 'grpc_client_channels');
  const counted = [...channels.series].reduce((sum, one) => sum + one.value, 0);
  console.log(JSON.stringify({ left: left(), counted }));
`;

async function run(program: string): Promise<{ left: number; counted: number }> {
  const flags = ['--expose-gc', '--import', 'tsx', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)('node', flags, { timeout: 30_000 });
  return JSON.parse(stdout) as { left: number; counted: number };
}

describe.each(['@grpc/grpc-js', 'grpc-js-1-10'])('%s: nothing keeps a channel, or the process alive', (module) => {
  test.concurrent('closed channels are collected, while the options are still there', async () => {
    expect(await run(collected(module, 'client.close();'))).toEqual({ left: 0, counted: 0 });
  });

  test.concurrent('a channel that is kept would be found', async () => {
    expect(await run(collected(module, 'client.close(); globalThis.kept = client;'))).toEqual({ left: 1, counted: 0 });
  });

  test.concurrent('a process ends although clients are open', async () => {
    expect(await run(collected(module, '(globalThis.kept ??= []).push(client);'))).toEqual({ left: 5, counted: 5 });
  });
});
