import * as grpc from '@grpc/grpc-js';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, test } from 'vitest';
import { type CallStart, type FinishedCall, GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { type Grpc, versions } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { ignoreRejections } from '../support/rejections.ts';
import { service } from '../support/service.ts';
import { until } from '../support/wait.ts';

ignoreRejections();

// biome-ignore lint/suspicious/noExplicitAny: the handlers of two versions of grpc-js
type Any = any;

const answering = { Unary: (_call: Any, callback: Any) => callback(null, Buffer.from('reply')) };

let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

interface Setup {
  readonly options: GrpcMetricsOptions;
  readonly handlers?: Any;
  readonly server?: grpc.ServerCredentials;
  readonly client?: grpc.ChannelCredentials;
}

/** A server and a client with the same metrics. */
async function open(version: Grpc, { options, handlers = answering, ...credentials }: Setup) {
  const metrics = new GrpcMetrics(options);
  const server = new version.Server();
  server.addService(service, handlers);
  metrics.instrument(server);
  closing.push(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) => {
    const done = (error: Error | null, bound: number) => (error ? reject(error) : resolve(bound));
    server.bindAsync('localhost:0', credentials.server ?? version.ServerCredentials.createInsecure(), done);
  });
  const Client = version.makeGenericClientConstructor(service, 'Endings');
  const target = `localhost:${port}`;
  const client: Any = new Client(
    target,
    credentials.client ?? version.credentials.createInsecure(),
    metrics.clientOptions(),
  );
  closing.push(() => client.close());
  let calls = 0;
  /** A unary call with this metadata; both sides have recorded it. */
  const call = async (given: Readonly<Record<string, string | Buffer>> = {}, callOptions = {}) => {
    const metadata = new version.Metadata();
    for (const [key, text] of Object.entries(given)) metadata.set(key, text);
    await new Promise<void>((resolve) => client.Unary(Buffer.from('x'), metadata, callOptions, () => resolve()));
    calls += 1;
    const recorded = () => value(metrics, 'grpc_requests_total') + value(metrics, 'grpc_vitals_calls_excluded_total');
    await until(
      () => recorded() >= calls,
      () => `${recorded()} of ${calls} calls`,
    );
  };
  return { metrics, call, client, target };
}

/** `label value` of every call that was recorded, by side. */
function labelled(metrics: GrpcMetrics, name: string, label: string): Record<string, number> {
  const family = metrics.collect().find((candidate) => candidate.name === name);
  if (family?.type !== 'counter') throw new Error(`no ${name}`);
  const calls: Record<string, number> = {};
  for (const { labels, value: count } of family.series) {
    if (count > 0) calls[labels[label]!] = (calls[labels[label]!] ?? 0) + count;
  }
  return calls;
}

describe.each(versions)('grpc-js %s', (_version, version) => {
  test('a label from the metadata, on every metric of calls of both sides', async () => {
    const tenant = { from: (call: CallStart) => call.metadata.get('x-tenant') };
    const { metrics, call } = await open(version, {
      options: {
        callLabels: { tenant, region: 'eu' },
        naming: ['basic', 'go', 'grpc', 'otel'],
        client: { attempts: true },
      },
    });
    for (const name of ['acme', 'umbrella', 'acme']) await call({ 'x-tenant': name });
    await call();
    for (const name of ['grpc_requests_total', 'grpc_client_requests_total']) {
      expect(labelled(metrics, name, 'tenant')).toEqual({ acme: 2, umbrella: 1, '': 1 });
      expect(labelled(metrics, name, 'region')).toEqual({ eu: 4 });
    }
    const ofCalls = metrics
      .collect()
      .filter(({ series: [first] }) => Object.keys(first?.labels ?? {}).some((label) => label.endsWith('method')));
    expect(ofCalls.length).toBeGreaterThanOrEqual(30);
    for (const { name, series } of ofCalls) {
      for (const { labels } of series) expect(labels, name).toMatchObject({ region: 'eu', tenant: expect.any(String) });
    }
    // Methods without a call have their zeros; those with one have no others.
    const inFlight = metrics.collect().find(({ name }) => name === 'grpc_requests_in_flight')!;
    expect(inFlight.series.map(({ labels }) => `${labels.method!.slice(17)} ${labels.tenant}`).sort()).toEqual([
      'Bidi ',
      'ClientStream ',
      'ServerStream ',
      'Unary ',
      'Unary acme',
      'Unary umbrella',
    ]);
    const line = 'grpc_requests_total{method="/test.v1.Endings/Unary",tenant="acme",region="eu",status="OK"} 2';
    expect((await metrics.render()).body).toContain(line);
  });

  test('what a call shows when it begins', async () => {
    const seen: CallStart[] = [];
    const read: unknown[] = [];
    const from = (call: CallStart) => {
      seen.push(call);
      read.push([call.side, call.path, call.type, call.peer, call.deadline, call.metadata.get('a'), call.authContext]);
      return '';
    };
    const { call, target, metrics } = await open(version, { options: { callLabels: { tenant: { from } } } });
    const deadline = new Date(Date.now() + 60_000);
    await call({ a: 'b' }, { deadline });
    await call();
    const path = '/test.v1.Endings/Unary';
    const peer = expect.stringMatching(/^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1):\d+$/);
    const near = expect.any(Date);
    expect(read).toEqual([
      ['client', path, 'unary', `dns:${target}`, deadline, 'b', undefined],
      ['server', path, 'unary', peer, near, 'b', undefined],
      ['client', path, 'unary', `dns:${target}`, undefined, undefined, undefined],
      ['server', path, 'unary', peer, undefined, undefined, undefined],
    ]);
    expect(Math.abs((read[1] as Date[])[4]!.getTime() - deadline.getTime())).toBeLessThan(1000);
    expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  });

  test('listeners are told of both sides, labels and metadata with them', async () => {
    const tenant = { from: (call: CallStart) => call.metadata.get('x-tenant') };
    const { metrics, call } = await open(version, { options: { callLabels: { tenant } } });
    const told: FinishedCall[] = [];
    metrics.onCallEnd((finished) => told.push(finished), { metadata: true });
    await call({ 'x-tenant': 'acme', 'x-plan': 'gold' }, { deadline: Date.now() + 60_000 });
    await until(
      () => told.length === 2,
      () => `${told.length} told`,
    );
    for (const side of ['server', 'client']) {
      const finished = told.find((candidate) => candidate.side === side)!;
      expect(finished).toMatchObject({
        path: '/test.v1.Endings/Unary',
        service: 'test.v1.Endings',
        method: 'Unary',
        type: 'unary',
        status: 'OK',
        code: 0,
        errorType: undefined,
        messagesReceived: 1,
        messagesSent: 1,
        bytesReceived: expect.any(Number),
        bytesSent: expect.any(Number),
        retries: 0,
        labels: { tenant: 'acme' },
      });
      expect(finished.metadata!.get('x-plan')).toBe('gold');
      expect(finished.duration).toBeGreaterThan(0);
      expect(finished.timeToFirstMessage).toBeGreaterThan(0);
      expect(finished.timeToFirstMessage).toBeLessThanOrEqual(finished.duration);
      const { bytesReceived, bytesSent } = finished;
      const prefix = side === 'server' ? 'grpc' : 'grpc_client';
      expect(value(metrics, `${prefix}_messages_received_bytes_total`)).toBe(bytesReceived);
      expect(value(metrics, `${prefix}_messages_sent_bytes_total`)).toBe(bytesSent);
      expect(bytesReceived).toBeGreaterThan(0);
      expect(bytesSent).toBeGreaterThan(0);
      expect(finished.deadlineLeft).toBeGreaterThan(50);
      expect(finished.deadlineLeft).toBeLessThanOrEqual(60);
    }
  });

  test('a handler that rejects has the labels of its call', async () => {
    const rejecting = {
      Unary: async () => {
        throw new RangeError('a bug');
      },
    };
    const tenant = { from: ({ metadata }: CallStart) => metadata.get('x-tenant') };
    const { metrics, call } = await open(version, { options: { callLabels: { tenant } }, handlers: rejecting });
    await call({ 'x-tenant': 'acme' }, { deadline: Date.now() + 200 });
    expect(value(metrics, 'grpc_handler_rejections_total', { tenant: 'acme' })).toBe(1);
    expect(value(metrics, 'grpc_handler_rejections_total')).toBe(1);
    expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  });

  test('open streams have the labels of their calls', async () => {
    const tenant = { from: ({ metadata }: CallStart) => metadata.get('x-tenant') };
    const { metrics, client } = await open(version, {
      options: { callLabels: { tenant } },
      handlers: { Bidi: () => {} },
    });
    const metadata = new version.Metadata();
    metadata.set('x-tenant', 'acme');
    const begun = Date.now();
    const stream = client.Bidi(metadata);
    const ended = new Promise((resolve) => stream.on('error', resolve));
    for (const prefix of ['grpc', 'grpc_client']) {
      await until(
        () => value(metrics, `${prefix}_open_streams`, { tenant: 'acme' }) === 1,
        () => `no stream of ${prefix} is open`,
      );
      expect(value(metrics, `${prefix}_open_streams`)).toBe(1);
      const age = () => value(metrics, `${prefix}_oldest_stream_age_seconds`, { tenant: 'acme' });
      await until(
        () => age() > 0.05,
        () => `the oldest stream is ${age()} s old`,
      );
      expect(age()).toBeLessThanOrEqual((Date.now() - begun + 5) / 1000);
    }
    stream.cancel();
    await ended;
    for (const name of ['grpc_open_streams', 'grpc_client_open_streams', 'grpc_oldest_stream_age_seconds']) {
      await until(
        () => value(metrics, name) === 0,
        () => `${name} is ${value(metrics, name)}`,
      );
    }
  });

  test('what is not included is counted as one, on both sides, once', async () => {
    const { metrics, call } = await open(version, { options: { only: ['shop.v1.Orders'] } });
    await call();
    await call();
    for (const side of ['server', 'client'])
      expect(value(metrics, 'grpc_vitals_calls_excluded_total', { side })).toBe(2);
    expect(value(metrics, 'grpc_requests_total')).toBe(0);
  });

  test('a call that is excluded counts once, however often the interceptor is there', async () => {
    const metrics = new GrpcMetrics({ exclude: ['test.v1.Endings'] });
    const server = new version.Server({ interceptors: [metrics.serverInterceptor(), metrics.serverInterceptor()] });
    server.addService(service, answering);
    metrics.instrument(server);
    closing.push(() => server.forceShutdown());
    const port = await new Promise<number>((resolve) => {
      server.bindAsync('localhost:0', version.ServerCredentials.createInsecure(), (_error, bound) => resolve(bound));
    });
    const Client = version.makeGenericClientConstructor(service, 'Endings');
    const client: Any = new Client(`localhost:${port}`, version.credentials.createInsecure());
    closing.push(() => client.close());
    await new Promise<void>((resolve) => client.Unary(Buffer.from('x'), () => resolve()));
    expect(value(metrics, 'grpc_vitals_calls_excluded_total', { side: 'server' })).toBe(1);
  });
});

test('the certificate of the client is there from grpc-js 1.14 on', async () => {
  const names = [{ name: 'commonName', value: 'localhost' }];
  const { private: key, cert } = await generate(names, { keySize: 2048 });
  const [bytes, chain] = [Buffer.from(key), Buffer.from(cert)];
  const from = ({ authContext }: CallStart) => authContext?.sslPeerCertificate?.subject.CN as string | undefined;
  const { metrics, call } = await open(grpc, {
    options: { callLabels: { client: { from } } },
    server: grpc.ServerCredentials.createSsl(chain, [{ private_key: bytes, cert_chain: chain }], true),
    client: grpc.credentials.createSsl(chain, bytes, chain, { checkServerIdentity: () => undefined }),
  });
  await call();
  expect(labelled(metrics, 'grpc_requests_total', 'client')).toEqual({ localhost: 1 });
  expect(labelled(metrics, 'grpc_client_requests_total', 'client')).toEqual({ '': 1 });
});
