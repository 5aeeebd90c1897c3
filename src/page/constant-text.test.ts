import { expect, test } from 'vitest';
import type { NewFamily } from '../live/protocol.ts';
import { constantText } from './constant-text.ts';

const now = 1_800_000_000;

const values: [family: Pick<NewFamily, 'name' | 'type' | 'role'>, told: number | null | number[], text: string][] = [
  [{ name: 'process_start_time_seconds', type: 'gauge', role: 'runtime.startTime' }, now - 1650, 'up 27 min'],
  [{ name: 'last_backup_timestamp_seconds', type: 'gauge' }, now - 7320, '2 h 2 min ago'],
  [{ name: 'cache_time_seconds', type: 'gauge' }, 0.25, '250 ms'],
  [{ name: 'process_max_fds', type: 'gauge' }, 20_000, '20k'],
  [{ name: 'limit_bytes', type: 'gauge' }, 4096, '4.10 kB'],
  [{ name: 'orders_total', type: 'counter' }, 12, '12'],
  [{ name: 'sent_bytes_total', type: 'counter' }, 512, '512 B'],
  [{ name: 'age_seconds', type: 'histogram' }, [0, 0, 0], 'no observations'],
  [{ name: 'age_seconds', type: 'histogram' }, [2, 1, 7.5], '3 observations, none of late'],
  [{ name: 'load', type: 'gauge' }, null, '–'],
];
test.each(values)('%j of %j', (family, told, text) => {
  expect(constantText({ family: { help: '', ...family }, told }, now)).toBe(text);
});
