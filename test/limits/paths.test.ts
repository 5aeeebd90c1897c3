import { expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { value } from '../support/metric-value.ts';
import { clientCaller } from './stubs.ts';

/** What a client can be asked to call by a program that passes on whatever it is asked for. */
const paths = [
  'other',
  '/other',
  '/overflow',
  '/_OTHER',
  'a/b',
  '/a/b',
  'x',
  '/unknown/x',
  'unknown',
  '',
  '/',
  '//',
].concat(['/a/\ud800', '/a/\ud801', '/a/\ufffd', '/__proto__/__proto__', '/constructor/toString', '/a/b/c']);

test('no path makes two series with the same labels, in any vocabulary, nor is a call lost', async () => {
  const metrics = new GrpcMetrics({ naming: ['basic', 'go', 'grpc', 'otel'], maxCallSeries: 20 });
  const call = clientCaller(metrics);
  for (const path of paths) call(path, {}, 0, 'dns:orders:1');
  for (let index = 0; index < 40; index += 1) call(`/made.Up/M${index}`, {}, 0, 'dns:orders:1');
  expect(value(metrics, 'grpc_client_requests_total')).toBe(paths.length + 40);
  expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  expect(value(metrics, 'grpc_client_requests_total', { method: 'other' })).toBeGreaterThan(20);
  const lines = Buffer.from((await metrics.render()).body)
    .toString()
    .split('\n');
  const series = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.replace(/ \S+$/, ''));
  expect(series.filter((name, index) => series.indexOf(name) !== index)).toEqual([]);
});
