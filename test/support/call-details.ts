import { expect } from 'vitest';
import type { CallDetailsOptions, GrpcMetrics, MetricFamily } from '../../src/index.ts';

/** All that are told beside the others. */
export const details: CallDetailsOptions = { messageSizes: true, streamMessages: true, deadlines: true };

/** When every call has ended: what the details say of each method must agree with its calls and its messages. */
export function expectDetails(metrics: GrpcMetrics, prefix: 'grpc' | 'grpc_client'): void {
  const families = new Map(metrics.collect().map((family) => [family.name, family]));
  // Where a metric has another name, nothing below would be compared.
  const familyOf = (name: string): MetricFamily => {
    const family = families.get(`${prefix}_${name}`);
    if (family === undefined) throw new Error(`no family ${prefix}_${name}`);
    return family;
  };
  const of = (name: string, method: string) => numbersOf(familyOf(name), method);
  const methods = familyOf('requests_in_flight').series.map(({ labels }) => labels.method!);
  expect(methods).not.toEqual([]);
  for (const method of methods) {
    if (method === 'unknown') continue; // its type is not known, nor what its messages are
    const { total: ended } = of('requests_total', method);
    const { count: withDeadline } = of('deadline_left_seconds', method);
    expect(withDeadline + of('requests_without_deadline_total', method).total, `deadlines of ${method}`).toBe(ended);
    expect(of('open_streams', method).total).toBe(0);
    expect(of('oldest_stream_age_seconds', method).total).toBe(0);
    for (const direction of ['received', 'sent']) {
      const sizes = of(`message_${direction}_size_bytes`, method);
      if (sizes.series > 0) {
        expect(sizes.count).toBe(of(`messages_${direction}_total`, method).total);
        expect(sizes.total).toBe(of(`messages_${direction}_bytes_total`, method).total);
      }
      const messages = of(`stream_messages_${direction}`, method);
      expect(messages.series > 0).toBe(streams(method, direction, prefix));
      if (messages.series === 0) continue;
      expect(messages.count).toBe(ended);
      // What comes when a call has ended is a message, but none of the call's.
      expect(messages.total).toBeLessThanOrEqual(of(`messages_${direction}_total`, method).total);
    }
  }
}

/** Whether messages of this direction stream; the methods are named after what they are. */
function streams(method: string, direction: string, prefix: 'grpc' | 'grpc_client'): boolean {
  const requests = (direction === 'received') === (prefix === 'grpc');
  return method.endsWith('Bidi') || method.endsWith(requests ? 'ClientStream' : 'ServerStream');
}

function numbersOf(family: MetricFamily, method: string) {
  const found = { series: 0, count: 0, total: 0 };
  for (const series of family.series) {
    if (series.labels.method !== method) continue;
    found.series += 1;
    if ('buckets' in series) found.count += series.buckets.reduce((sum, count) => sum + count, 0);
    found.total += 'value' in series ? series.value : series.sum;
  }
  return found;
}
