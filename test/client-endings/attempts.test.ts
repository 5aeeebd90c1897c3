import type * as newest from '@grpc/grpc-js';
import { afterEach, describe, expect, test, vi } from 'vitest';
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
  vi.restoreAllMocks();
  for (const close of closing) close();
  closing = [];
});

async function serve(grpc: Grpc) {
  const backend = await grpcServer(grpc, { Unary: answer });
  closing.push(() => backend.close());
  return backend;
}

function connect(grpc: Grpc, address: string, options: object): newest.Client {
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), options);
  closing.push(() => client.close());
  return client;
}

function call(client: newest.Client): Promise<number> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, identity, identity, Buffer.from('x'), (error) => resolve(error?.code ?? 0));
  });
}

function namesOf(metrics: GrpcMetrics): string[] {
  return metrics.collect().map(({ name }) => name);
}

const families = [
  'grpc_client_request_attempts_total',
  'grpc_client_request_attempt_duration_seconds',
  'grpc_client_active_connections',
];

test('without the option there is no such family', () => {
  expect(namesOf(new GrpcMetrics()).filter((name) => families.includes(name))).toEqual([]);
  expect(namesOf(new GrpcMetrics({ client: { attempts: false } })).filter((name) => families.includes(name))).toEqual(
    [],
  );
  expect(namesOf(new GrpcMetrics({ client: { attempts: true } })).filter((name) => families.includes(name))).toEqual(
    families,
  );
});

describe.each(versions)('grpc-js %s', (_version, grpc) => {
  test('a channel has its attempts counted by each of those that observe it, once', async () => {
    const { address } = await serve(grpc);
    const [one, two] = [
      new GrpcMetrics({ client: { attempts: true } }),
      new GrpcMetrics({ client: { attempts: true } }),
    ];
    const client = connect(grpc, address, two.clientOptions(one.clientOptions(one.clientOptions())));
    for (let count = 0; count < 3; count += 1) expect(await call(client)).toBe(0);
    for (const metrics of [one, two]) {
      expect(value(metrics, 'grpc_client_request_attempts_total', { method: path, status: 'OK' })).toBe(3);
      expect(value(metrics, 'grpc_client_request_attempts_total')).toBe(3);
      expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
    }
  });

  test("a user's own channel has its attempts seen, those of clients that are not observed too", async () => {
    const { address } = await serve(grpc);
    const metrics = new GrpcMetrics({ client: { attempts: true } });
    const channelOverride = new grpc.Channel(address, grpc.credentials.createInsecure(), {});
    const options = metrics.clientOptions({ channelOverride });
    expect(await call(connect(grpc, address, options))).toBe(0);
    expect(await call(connect(grpc, address, { channelOverride }))).toBe(0);
    expect(value(metrics, 'grpc_client_requests_total')).toBe(1);
    expect(value(metrics, 'grpc_client_request_attempts_total')).toBe(2);
  });

  test('what is excluded has no attempts', async () => {
    const { address } = await serve(grpc);
    const metrics = new GrpcMetrics({ client: { attempts: true }, exclude: ['test.v1.Endings/Unary'] });
    expect(await call(connect(grpc, address, metrics.clientOptions()))).toBe(0);
    expect(value(metrics, 'grpc_client_request_attempts_total')).toBe(0);
  });

  test('connections that channels share count once, their own each, and none that are gone', async () => {
    const backend = await serve(grpc);
    const metrics = new GrpcMetrics({ client: { attempts: true } });
    const open = () => value(metrics, 'grpc_client_active_connections', { target: `dns:${backend.address}` });
    const clients = Array.from({ length: 2 }, () => connect(grpc, backend.address, metrics.clientOptions()));
    for (const client of clients) expect(await call(client)).toBe(0);
    expect(open()).toBe(1);
    const own = connect(grpc, backend.address, metrics.clientOptions({ 'grpc.use_local_subchannel_pool': 1 }));
    expect(await call(own)).toBe(0);
    expect(open()).toBe(2);
    own.close();
    expect(open()).toBe(1);
    backend.close();
    await until(
      () => open() === 0,
      () => `${open()} connections`,
    );
  });

  test('a channel that cannot connect has attempts and no connection', async () => {
    const address = await refusedAddress();
    const metrics = new GrpcMetrics({ client: { attempts: true } });
    expect(await call(connect(grpc, address, metrics.clientOptions()))).toBe(14);
    expect(value(metrics, 'grpc_client_request_attempts_total', { status: 'UNAVAILABLE' })).toBe(1);
    expect(value(metrics, 'grpc_client_channels', { state: 'TRANSIENT_FAILURE' })).toBe(1);
    expect(value(metrics, 'grpc_client_active_connections')).toBe(0);
  });

  const shapeless: [missing: string, change: (internal: Record<string, unknown>) => unknown][] = [
    ['internalChannel', () => undefined],
    ['internalChannel', () => null],
    ['internalChannel.createLoadBalancingCall', (internal) => without(internal, 'createLoadBalancingCall')],
    ['internalChannel.wrappedSubchannels', (internal) => without(internal, 'wrappedSubchannels')],
  ];

  /** An object that has all of another but one member. */
  function without(object: Record<string, unknown>, member: string): object {
    return Object.create(object, { [member]: { value: undefined } }) as object;
  }

  /** A channel of grpc-js as a version might make it that has another inside. */
  function changed(channel: newest.Channel, change: (internal: Record<string, unknown>) => unknown): newest.Channel {
    const of = channel as unknown as { internalChannel: Record<string, unknown> };
    const internal = of.internalChannel;
    const methods = ['createCall', 'getTarget', 'getConnectivityState', 'watchConnectivityState', 'close'] as const;
    for (const name of methods) {
      const method = channel[name] as (...args: unknown[]) => unknown;
      Object.assign(channel, { [name]: (...args: unknown[]) => method.apply({ internalChannel: internal }, args) });
    }
    Object.assign(channel, { internalChannel: change(internal) });
    return channel;
  }

  test.each(shapeless)('a channel without %s is refused where it is given', async (missing, change) => {
    const { address } = await serve(grpc);
    const create = () => changed(new grpc.Channel(address, grpc.credentials.createInsecure(), {}), change);
    const mistake = expect.objectContaining({
      name: 'MetricsError',
      code: 'unsupported_client',
      message: expect.stringContaining(`has no ${missing}. With another version`),
    });
    const metrics = new GrpcMetrics({ client: { attempts: true } });
    expect(() => metrics.clientOptions({ channelOverride: create() })).toThrow(mistake);
    const options = metrics.clientOptions({ channelFactoryOverride: create });
    expect(() => connect(grpc, address, options)).toThrow(mistake);
    // Without the option such a channel is observed like any other.
    const plain = new GrpcMetrics();
    expect(await call(connect(grpc, address, plain.clientOptions({ channelOverride: create() })))).toBe(0);
    expect(value(plain, 'grpc_client_requests_total')).toBe(1);
    expect(value(plain, 'grpc_vitals_errors_total')).toBe(0);
  });

  test.each(shapeless)(
    'a channel without %s that is met at its first call costs a fault and no call',
    async (missing, change) => {
      const { address } = await serve(grpc);
      const warn = vi.fn();
      const metrics = new GrpcMetrics({ client: { attempts: true }, logger: { warn } });
      const client = connect(grpc, address, metrics.clientOptions());
      changed(client.getChannel() as newest.Channel, change);
      expect(await call(client)).toBe(0);
      expect(await call(client)).toBe(0);
      expect(value(metrics, 'grpc_client_requests_total')).toBe(2);
      expect(value(metrics, 'grpc_client_request_attempts_total')).toBe(0);
      expect(value(metrics, 'grpc_client_active_connections')).toBe(0);
      expect(value(metrics, 'grpc_vitals_errors_total', { stage: 'call' })).toBe(1);
      expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(`has no ${missing}.`), {
        stage: 'call',
        error: expect.anything(),
      });
      expect(value(metrics, 'grpc_vitals_errors_total')).toBe(1);
    },
  );
});
