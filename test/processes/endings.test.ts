import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { newFolder, removeFolders } from './folders.ts';
import { scrapeOf } from './scraped.ts';
import { sumOf } from './watch.ts';

const open: GrpcMetrics[] = [];
afterEach(async () => {
  for (const metrics of open.splice(0)) await metrics.close();
  removeFolders();
});

const program = fileURLToPath(new URL('./ending.mjs', import.meta.url));

/** Ways to end, and whether the last turn of the event loop is in the sum. */
const endings: [way: string, hasLastTurn: boolean, isDeath: boolean][] = [
  ['exit', true, false],
  ['return', true, false],
  ['exception', true, false],
  ['rejection', true, false],
  ['close', true, false],
  ['disconnect', true, false],
  ['abort', false, true],
  ['SIGTERM', false, true],
  ['SIGINT', false, true],
  ['SIGKILL', false, true],
  ['handled SIGTERM', true, false],
];
test.each(endings)(
  'a process that ends by %s leaves all its counts',
  { timeout: 60_000 },
  async (way, hasLastTurn, isDeath) => {
    const folder = newFolder();
    const metrics = new GrpcMetrics({ processes: { folder }, logger: { warn: () => {} } });
    open.push(metrics);
    const child = fork(program, [folder, way], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    await once(child, 'exit');
    const scraped = await scrapeOf(metrics);
    // 1000 in an earlier turn, and 10 in the last.
    expect(sumOf(scraped, 'things_total')).toBe(hasLastTurn ? 1010 : 1000);
    expect(sumOf(scraped, 'grpc_vitals_process_deaths_total')).toBe(isDeath ? 1 : 0);
    expect(scraped.get('grpc_vitals_processes{state="alive"}')).toBe(1);
  },
);
