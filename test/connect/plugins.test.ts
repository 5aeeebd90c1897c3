import type { Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { afterEach, describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import type { Behaviour } from '../support/behaviour.ts';
import { ConnectClient } from '../support/connect/client.ts';
import { implement } from '../support/connect/implementation.ts';
import { Endings } from '../support/connect/schema.ts';
import { value } from '../support/metric-value.ts';
import { RecordedCalls } from '../support/recorded-calls.ts';
import type { MethodName } from '../support/service.ts';
import { deferred, until } from '../support/wait.ts';
import { hosts, trust } from './hosts.ts';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Connection {
  readonly baseUrl: string;
  readonly httpVersion: '1.1' | '2';
  readonly nodeOptions: { readonly ca?: string };
}
type Connect = (options: Connection) => Transport;
const transports: Readonly<Record<string, Connect>> = {
  gRPC: ({ baseUrl, nodeOptions }) => createGrpcTransport({ baseUrl, nodeOptions }),
  'gRPC-Web': createGrpcWebTransport,
  Connect: createConnectTransport,
  'Connect with JSON': (options) => createConnectTransport({ ...options, useBinaryFormat: false }),
};

interface Ending {
  readonly name: string;
  readonly method: MethodName;
  readonly handler: Behaviour;
  /** What the client does beside a complete call. */
  readonly client?: { readonly cancels?: true; readonly deadlineSeconds?: number; readonly message?: 'large' };
  readonly recorded: string;
  readonly errorType?: string;
  readonly messages: { readonly received: number; readonly sent: number };
}

const endings: readonly Ending[] = [
  { name: 'OK', method: 'Unary', handler: 'answer', recorded: 'OK', messages: { received: 1, sent: 1 } },
  {
    name: 'a stream',
    method: 'ServerStream',
    handler: 'streamTwo',
    recorded: 'OK',
    messages: { received: 1, sent: 2 },
  },
  { name: 'a refusal', method: 'Unary', handler: 'refuse', recorded: 'NOT_FOUND', messages: { received: 1, sent: 0 } },
  {
    name: 'an exception',
    method: 'Unary',
    handler: 'throwTypeError',
    recorded: 'INTERNAL',
    errorType: 'TypeError',
    messages: { received: 1, sent: 0 },
  },
  {
    name: 'an exception after a message',
    method: 'ServerStream',
    handler: 'streamOneThenThrow',
    recorded: 'INTERNAL',
    errorType: 'TypeError',
    messages: { received: 1, sent: 1 },
  },
  {
    name: 'a request that is too large',
    method: 'Unary',
    handler: 'answer',
    client: { message: 'large' },
    recorded: 'RESOURCE_EXHAUSTED',
    messages: { received: 0, sent: 0 },
  },
  {
    name: 'a cancellation',
    method: 'Unary',
    handler: 'hold',
    client: { cancels: true },
    recorded: 'CANCELLED',
    messages: { received: 1, sent: 0 },
  },
  {
    name: 'a deadline',
    method: 'Unary',
    handler: 'hold',
    client: { deadlineSeconds: 1 },
    recorded: 'DEADLINE_EXCEEDED',
    messages: { received: 1, sent: 0 },
  },
];

describe.each(hosts)('$name', ({ name: hostName, httpVersion, scheme, serve }) => {
  const protocols = Object.keys(transports).filter((protocol) => protocol !== 'gRPC' || httpVersion === '2');

  describe.each(protocols)('%s', (protocol) => {
    for (const { name, method, handler, client = {}, recorded: status, errorType, messages } of endings) {
      // The client's deadline and the server's race, as in the contract of endings.
      test(name, { retry: client.deadlineSeconds === undefined ? 0 : 2 }, async () => {
        const metrics = new GrpcMetrics();
        const { port, stop } = await serve(metrics, {
          routes: (router) => router.service(Endings, implement(method, handler, deferred().promise)),
          readMaxBytes: 500,
        });
        closing.push(stop);
        const baseUrl = `${scheme}://127.0.0.1:${port}`;
        const nodeOptions = scheme === 'https' ? trust : {};
        const caller = new ConnectClient(transports[protocol]!({ baseUrl, httpVersion, nodeOptions }));
        closing.push(() => caller.close());
        const recorded = new RecordedCalls(metrics, 'grpc');
        const { cancels, ...options } = client;
        const call = caller.start(method, options);
        if (cancels === true) {
          await until(
            () => recorded.sum('messages_received_total') === 1,
            () => 'no message has arrived',
          );
          call.cancel();
        }
        const isParsed = hostName.includes('express.json') && protocol === 'Connect with JSON';
        const expected = isParsed && client.message === 'large' ? 'OK' : status; // the framework has read it
        expect(await call.status).toBe(expected);
        await until(
          () => recorded.durations().count === 1,
          () => 'no call has ended',
        );
        expect(recorded.calls()).toEqual({ [`${method} ${expected}`]: 1 });
        if (expected !== 'OK') expect(recorded.errors()).toEqual({ [`${method} ${errorType ?? expected}`]: 1 });
        expect(recorded.inFlight()).toBe(0);
        expect(recorded.faults()).toBe(0);
        if (expected === status) {
          const received = recorded.sum('messages_received_total');
          expect({ received, sent: recorded.sum('messages_sent_total') }).toEqual(messages);
        }
      });
    }
  });

  const others: readonly (readonly [name: string, path: string, init: RequestInit, http: number, metric: string])[] = [
    ['a GET of a browser', 'test.v1.Endings/Unary', {}, 405, ''],
    ['another content type', 'test.v1.Endings/Unary', { method: 'POST', body: 'x' }, 415, 'content_type'],
    ['a bidi stream on HTTP/1.1', 'test.v1.Endings/Bidi', { method: 'POST', body: 'x' }, 505, 'protocol'],
  ];
  const unknown = { method: 'POST', body: 'x', headers: { 'content-type': 'application/grpc-web+proto' } };
  const speaksFetch = httpVersion === '1.1' && scheme === 'http';
  test.each(speaksFetch ? ['None'] : [])('a path that is no method: %s', async (name) => {
    const metrics = new GrpcMetrics();
    const { port, stop } = await serve(metrics, { routes: (router) => router.service(Endings, {}) });
    closing.push(stop);
    const { status } = await fetch(`http://127.0.0.1:${port}/test.v1.Endings/${name}`, unknown);
    expect(status).toBe(404);
    // Express and Fastify answer it with their own routes.
    const calls = hostName.startsWith('connectNodeAdapter') ? { 'unknown UNIMPLEMENTED': 1 } : {};
    expect(new RecordedCalls(metrics, 'grpc').calls()).toEqual(calls);
  });

  test.each(speaksFetch ? others : [])('%s is no call', async (_name, path, init, http, reason) => {
    const metrics = new GrpcMetrics();
    const { port, stop } = await serve(metrics, {
      routes: (router) => router.service(Endings, implement('Unary', 'answer', deferred().promise)),
    });
    closing.push(stop);
    const { status } = await fetch(`http://127.0.0.1:${port}/${path}`, init);
    expect(status).toBe(http);
    const recorded = new RecordedCalls(metrics, 'grpc');
    expect([recorded.calls(), recorded.inFlight()]).toEqual([{}, 0]);
    if (reason !== '') expect(value(metrics, 'grpc_rejected_total', { reason })).toBe(1);
    expect(value(metrics, 'grpc_rejected_total')).toBe(reason === '' ? 0 : 1);
  });
});
