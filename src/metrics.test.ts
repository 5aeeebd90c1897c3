import * as grpc from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { GrpcMetrics, type GrpcMetricsOptions } from './metrics.ts';

const identity = (bytes: Buffer) => bytes;
const say = {
  path: '/a.B/C',
  requestStream: false,
  responseStream: false,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
};

/** The schemas of the durations of requests and of a user's histogram. */
function schemasWith(nativeHistograms: GrpcMetricsOptions['nativeHistograms']): (number | undefined)[] {
  const server = new grpc.Server();
  server.addService({ say }, { say: () => {} });
  const metrics = new GrpcMetrics({ nativeHistograms }).instrument(server);
  metrics.histogram({ name: 'wait_seconds', help: 'Waiting' });
  return ['grpc_request_duration_seconds', 'wait_seconds'].map((name) => {
    const family = metrics.collect().find((one) => one.name === name);
    return family?.type === 'histogram' ? family.series[0]!.native?.schema : Number.NaN;
  });
}

const choices: [choice: GrpcMetricsOptions['nativeHistograms'], schema: number | undefined][] = [
  [undefined, undefined],
  [false, undefined],
  [true, 3],
  [{ factor: 2 }, 0],
];
test.each(choices)(
  "nativeHistograms %j is for the durations of requests and for the user's histograms",
  (given, schema) => {
    expect(schemasWith(given)).toEqual([schema, schema]);
  },
);

test('nativeHistograms is checked', () => {
  const mistake = () => new GrpcMetrics({ nativeHistograms: { factor: 1 } });
  const message = 'nativeHistograms: factor 1 must be a number above 1 and at most 65536, such as 1.1';
  expect(mistake).toThrow(expect.objectContaining({ name: 'MetricsError', code: 'invalid_option', message }));
});
