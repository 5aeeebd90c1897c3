import type { Snapshot } from '../../src/page/stream.fixture.ts';
import { ToldService } from './told.ts';

export const get = '/shop.v1.Orders/GetOrder';
export const list = '/shop.v1.Orders/ListOrders';

const counter = (name: string, labels: Record<string, string>, value: number): Snapshot[number] => [
  { name, type: 'counter' },
  labels,
  value,
];
const gauge = (name: string, value: number, role?: 'library' | 'runtime.startTime'): Snapshot[number] => [
  { name, type: 'gauge', ...(role !== undefined && { role }) },
  {},
  value,
];

/** Seconds since 1970 of the first frame: ten o'clock. */
const begin = 36_000;

/**
 * A shop's numbers, so many seconds after it began. In each second 10 calls of one method end, of which 1 is INTERNAL and 2 are
 * NOT_FOUND. The other method has 5 calls, of which 1 is CANCELLED, and from the 60th second on 5 more that are OK.
 */
function shopAt(second: number): Snapshot {
  const more = Math.max(0, second - 60) * 5;
  const durations = (method: string, buckets: number[]): Snapshot[number] => [
    { name: 's_durations', type: 'histogram' },
    { method },
    { bounds: [0.005, 0.1, 10], buckets, sum: second },
  ];
  return [
    counter('s_requests', { method: get, status: 'OK' }, second * 7),
    counter('s_requests', { method: get, status: 'INTERNAL' }, second),
    counter('s_requests', { method: get, status: 'NOT_FOUND' }, second * 2),
    counter('s_requests', { method: list, status: 'OK' }, second * 4 + more),
    counter('s_requests', { method: list, status: 'CANCELLED' }, second),
    counter('s_requests', { method: 'unknown', status: 'UNIMPLEMENTED' }, second),
    counter('s_errors', { method: get, error_type: 'RangeError' }, second),
    counter('s_errors', { method: get, error_type: 'NOT_FOUND' }, second * 2),
    durations(get, [second * 10, 0, 0, 0]),
    durations(list, [0, 0, 0, second * 5]),
    gauge('s_connections', 3),
    counter('shop_orders_created_in_the_last_night_total', { kind: 'paid' }, second * second),
    gauge('shop_pool_size', 20),
    [{ name: 'shop_build_info', type: 'gauge' }, { commit: 'abc1234' }, 1],
    gauge('process_start_time_seconds', begin - 1620, 'runtime.startTime'),
  ];
}

/** A service that has said these numbers for so many seconds, once a second. */
export async function tellShop(seconds: number): Promise<ToldService> {
  const service = await ToldService.open();
  for (let second = 0; second <= seconds; second += 1) service.say(begin + second, shopAt(second));
  return service;
}
