import type * as newest from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { unary } from '../support/grpc-js/calls.ts';
import { Fixture, type Grpc, type Handler, type Mode, versions } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { until } from '../support/wait.ts';

const modes: readonly Mode[] = ['instrument', 'interceptor', 'second interceptor'];

/** Who sets the label, with what it has of the call. */
interface Setter {
  readonly name: string;
  readonly handler: (metrics: GrpcMetrics) => Handler;
  readonly interceptor?: (metrics: GrpcMetrics, grpc: Grpc) => newest.ServerInterceptor;
}

const reply = Buffer.from('reply');
const setters: readonly Setter[] = [
  {
    name: 'the handler, with its call',
    handler: (metrics) => (call, callback) => {
      metrics.labelCall(call, { tenant: 'acme' });
      callback(null, reply);
    },
  },
  {
    name: 'the handler, with the metadata of its call, before it answers later',
    handler: (metrics) => (call, callback) => {
      setTimeout(() => {
        metrics.labelCall(call.metadata, { tenant: 'acme' });
        callback(null, reply);
      }, 5);
    },
  },
  {
    name: 'an interceptor that authenticates, with the metadata',
    handler: () => (_call, callback) => callback(null, reply),
    interceptor: (metrics, grpc) => (_method, call) =>
      new grpc.ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata: (metadata, pass) => {
              metrics.labelCall(metadata, { tenant: 'acme' });
              pass(metadata);
            },
          }),
      }),
  },
  {
    name: 'an interceptor, with the call that it was given, when the message has come',
    handler: () => (_call, callback) => callback(null, reply),
    interceptor: (metrics, grpc) => (_method, call) =>
      new grpc.ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMessage: (message, pass) => {
              metrics.labelCall(call, { tenant: 'acme' });
              pass(message);
            },
          }),
      }),
  },
];

let fixture: Fixture;
afterEach(() => fixture.stop());

describe.each(versions)('grpc-js %s', (_version, grpc) => {
  describe.each(modes)('%s', (mode) => {
    test.each(setters)('a late label is set by $name', async ({ handler, interceptor }) => {
      const metrics = new GrpcMetrics({ callLabels: { tenant: { late: true } } });
      const interceptors = interceptor === undefined ? [] : [interceptor(metrics, grpc)];
      fixture = await Fixture.start(grpc, mode, { handlers: { Unary: handler(metrics) }, interceptors }, metrics);
      expect(await unary(fixture.client())).toBe(0);
      const labels = { tenant: 'acme', status: 'OK' };
      await until(
        () => value(metrics, 'grpc_requests_total', labels) === 1,
        () => JSON.stringify(fixture.recorded()),
      );
      expect(value(metrics, 'grpc_requests_total')).toBe(1);
      expect(value(metrics, 'grpc_messages_sent_total', { tenant: 'acme' })).toBe(1);
      expect(fixture.inFlight()).toBe(0);
      expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
    });
  });
});
