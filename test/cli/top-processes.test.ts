import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { Controls } from '../../src/cli/top/controls.ts';
import { History } from '../../src/cli/top/history.ts';
import { drawScene } from '../../src/cli/top/picture.ts';
import { formatProcesses } from '../../src/cli/top/process-table.ts';
import { type ProcessRow, urlByProcess } from '../../src/cli/top/processes.ts';
import { Fleet } from '../processes/fleet.ts';
import { newFolder, removeFolders } from '../processes/folders.ts';
import { ownExposition } from './expositions.ts';
import { answerOf, runCommand } from './host.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  removeFolders();
});

interface Told {
  readonly worker: number;
  readonly pid: number;
  readonly calls: number;
  readonly state?: 'alive' | 'late';
}

/** A scrape by process. What the dead have is there, too. */
function byProcess(...told: readonly Told[]): string {
  const lines = told.map(({ worker, pid, calls, state = 'alive' }) => {
    const label = `worker="${worker}"`;
    return [
      `shop_grpc_requests_total{method="/demo.v1.Eliza/Say",status="OK",${label}} ${calls}`,
      `shop_grpc_requests_in_flight{method="/demo.v1.Eliza/Say",${label}} ${worker}`,
      `shop_grpc_active_connections{${label}} ${worker + 1}`,
      `grpc_vitals_processes{state="alive",${label}} ${Number(state === 'alive')}`,
      `grpc_vitals_processes{state="late",${label}} ${Number(state === 'late')}`,
      `grpc_vitals_process_info{pid="${pid}",${label}} 1`,
      `process_start_time_seconds{${label}} ${1_700_000_000 + worker}`,
      `process_cpu_seconds_total{${label}} ${calls / 80}`,
      `process_resident_memory_bytes{${label}} 91234304`,
      `nodejs_eventloop_lag_max_seconds{${label}} 0.0123`,
    ];
  });
  const retired = 'shop_grpc_requests_total{method="/demo.v1.Eliza/Say",status="OK",worker="retired"} 1000000';
  return `${[...lines.flat(), retired].join('\n')}\n`;
}

const sums = (calls: number, processes = 2) =>
  `${ownExposition({ calls }, 'shop_grpc_')}shop_grpc_active_connections 3\ngrpc_vitals_processes{state="alive"} ${processes}\n`;

/** `top --once --json` of a target that answers with these scrapes by process, 2 s apart. Returns its lines and what was asked. */
async function top(scrapes: readonly (string | number)[], processes = 2, args: readonly string[] = ['--json']) {
  const asked: string[] = [];
  const left = [...scrapes];
  let now = 0;
  let plain = 0;
  const ran = await runCommand(['top', '--once', ...args, 'http://shop/metrics'], {
    now: () => now,
    sleep: async () => {
      now += 2;
    },
    request: async (url) => {
      asked.push(url);
      const type = { 'content-type': 'text/plain; version=0.0.4' };
      const headers = { ...type, date: new Date(1_700_000_060_000).toUTCString() };
      if (!url.includes('by=process')) {
        plain += 1;
        return answerOf(sums(plain * 400, processes), headers);
      }
      const next = left.shift()!;
      return typeof next === 'number' ? { ...answerOf('no', type), status: next } : answerOf(next, headers);
    },
  });
  return { ...ran, asked };
}

const rowsIn = (out: string) => (JSON.parse(out) as { processes?: ProcessRow[] }).processes;

test('each of several processes has a row: its own calls, and what it uses', async () => {
  const before = byProcess({ worker: 10, pid: 7, calls: 100 }, { worker: 2, pid: 8, calls: 50 });
  const after = byProcess({ worker: 10, pid: 7, calls: 140 }, { worker: 2, pid: 8, calls: 50, state: 'late' });
  const { out, asked, code } = await top([before, after]);
  expect(code).toBe(0);
  const uses = { loopDelaySeconds: 0.0123, memoryBytes: 91_234_304 };
  const target = 'http://shop/metrics';
  expect(rowsIn(out)).toEqual([
    {
      target,
      worker: '2',
      pid: '8',
      upSeconds: 58,
      ratePerSecond: 0,
      inFlight: 2,
      connections: 3,
      cpuRatio: 0,
      ...uses,
      state: 'late',
    },
    {
      target,
      worker: '10',
      pid: '7',
      upSeconds: 50,
      ratePerSecond: 20,
      inFlight: 10,
      connections: 11,
      cpuRatio: 0.25,
      ...uses,
      state: 'alive',
    },
  ]);
  const names = new URL(asked[1]!).searchParams.getAll('name[]');
  expect(names).toEqual(expect.arrayContaining(['shop_grpc_requests_total', 'shop_grpc_active_connections']));
  expect(names).toEqual(expect.arrayContaining(['grpc_vitals_process_info', 'process_cpu_seconds_total']));
});

test('a process that takes the number of another one has counted from 0', async () => {
  const before = byProcess({ worker: 0, pid: 7, calls: 100 }, { worker: 1, pid: 8, calls: 0 });
  const after = byProcess({ worker: 0, pid: 9, calls: 160 }, { worker: 1, pid: 8, calls: 0 });
  const { out } = await top([before, after]);
  expect(rowsIn(out)!.map(({ pid, ratePerSecond, cpuRatio }) => [pid, ratePerSecond, cpuRatio])).toEqual([
    ['9', 80, 1],
    ['8', 0, 0],
  ]);
});

test('a single process is not asked for by process', async () => {
  const { out, asked } = await top([], 1);
  expect(rowsIn(out)).toBeUndefined();
  expect(asked).toEqual(['http://shop/metrics', 'http://shop/metrics']);
});

test('the sums are there where the scrape by process fails, which is said', async () => {
  const { out, err, code } = await top([503, 503], 2, []);
  expect(out).toMatch(/^METHOD.*\n\/demo\.v1\.Eliza\/Say/);
  expect(err).toBe(
    'grpc-vitals: http://shop/metrics: no table of processes: answers HTTP 503, not 200 (it is overloaded or not ready: try again)\n',
  );
  expect(code).toBe(0);
});

test('a query that would be too long asks for all families', () => {
  const names = Array.from({ length: 200 }, (_, index) => `a_family_with_a_long_name_${index}`);
  expect(urlByProcess('http://shop/metrics?naming=go', names)).toBe('http://shop/metrics?naming=go&by=process');
});

const row = (worker: number, more: Partial<ProcessRow> = {}): ProcessRow => ({
  target: 'http://shop:8000/metrics',
  worker: `${worker}`,
  pid: `${4000 + worker}`,
  upSeconds: 3700,
  ratePerSecond: 12.34,
  inFlight: 1,
  connections: 2,
  cpuRatio: 0.123,
  loopDelaySeconds: 0.0123,
  memoryBytes: 91_234_304,
  state: 'alive',
  ...more,
});
const unknown = { pid: null, upSeconds: null, ratePerSecond: null, inFlight: null, connections: null, cpuRatio: null };

const widths: [columns: number, lines: string[]][] = [
  [
    100,
    [
      'WORKER   PID         UP  RATE/s  IN FLIGHT  CONNECTIONS    CPU  LOOP DELAY  MEMORY  STATE',
      '0       4000  1 h 1 min    12.3          1            2  12.3%      12.3ms  91.2MB  alive',
      '1          -          -       -          -            -      -      12.3ms  91.2MB   late',
    ],
  ],
  [
    60,
    [
      'WORKER   PID  RATE/s  CONNECTIONS    CPU  LOOP DELAY  STATE',
      '0       4000    12.3            2  12.3%      12.3ms  alive',
      '1          -       -            -      -      12.3ms   late',
    ],
  ],
  [20, ['WORKER  RATE/s  CONN', '0         12.3', '1            -']],
];
test.each(widths)('the table of processes in %i columns', (columns, lines) => {
  const seen = formatProcesses([row(0), row(1, { ...unknown, state: 'late' })], { columns });
  expect(seen).toEqual(lines);
});

test('targets are told apart where there are several, and a late process is red', () => {
  const rows = [row(0), row(0, { target: 'http://store:8000/metrics', state: 'late' })];
  const [head, first, second] = formatProcesses(rows, { color: true });
  expect(head!.startsWith('\u001B[1mWORKER  TARGET')).toBe(true);
  expect(first!.startsWith('0       shop:8000')).toBe(true);
  expect(second!.startsWith('\u001B[31m0       store:8000') && second!.endsWith('\u001B[m')).toBe(true);
});

test('the sums come first; processes have half of the screen at most, and go with a key', () => {
  const controls = new Controls('rate', () => {});
  const methods = Array.from({ length: 30 }, (_, index) => ({
    side: 'server' as const,
    method: `/a/${index}`,
    ratePerSecond: 1,
    errorRatio: null,
    faultRatio: null,
    p50: null,
    p95: null,
    p99: null,
    inFlight: null,
  }));
  const state = { url: 'http://shop/metrics', up: true, windowSeconds: 2 };
  const draw = (processes: readonly ProcessRow[], rows: number) =>
    drawScene({
      states: [state],
      rows: methods,
      processes,
      history: new History(),
      controls,
      interval: 2,
      hasKeys: true,
    })({
      columns: 120,
      rows,
    });
  const many = Array.from({ length: 40 }, (_, worker) => row(worker));
  const lines = draw(many, 24);
  expect(lines).toHaveLength(24);
  expect(lines[2]).toMatch(/^METHOD/);
  const head = lines.findIndex((line) => line.startsWith('WORKER'));
  expect(lines[head - 1]).toBe('');
  expect(head).toBeGreaterThanOrEqual(12);
  expect(lines.at(-1)).toMatch(/^and 3\d more processes$/);
  expect(draw(many.slice(0, 4), 24).filter((line) => /^\d/.test(line))).toHaveLength(4);
  expect(draw(many.slice(0, 4), Infinity).at(-1)).toMatch(/^3 /);
  controls.press('p');
  expect(draw(many, 24).some((line) => line.startsWith('WORKER'))).toBe(false);
  controls.press('p');
  // There is no room.
  expect(draw(many, 6).some((line) => line.startsWith('WORKER'))).toBe(false);
});

test('real processes: who has the calls', { timeout: 60_000 }, async () => {
  const fleet = await Fleet.start('node:cluster', newFolder());
  closing.push(() => fleet.close());
  const client = new Client(fleet.anyAddress(0)!, credentials.createInsecure());
  closing.push(() => client.close());
  const same = (bytes: Buffer) => bytes;
  const say = () => client.makeUnaryRequest('/test.Echo/Say', same, same, Buffer.from('x'), () => {});
  const timer = setInterval(say, 10);
  closing.push(() => clearInterval(timer));
  const host = { sleep: (seconds: number) => sleep(seconds * 1000) };
  const busy = async () => {
    const { out } = await runCommand(['top', '--once', '--json', '--interval', '1s', `${fleet.url}/metrics`], host);
    const rows = rowsIn(out) ?? [];
    return [
      rows.length,
      rows.filter(({ ratePerSecond }) => ratePerSecond! > 5).length,
      new Set(rows.map(({ pid }) => Number(pid))),
    ];
  };
  await expect.poll(busy, { timeout: 30_000 }).toEqual([4, 1, new Set(fleet.pids)]);
  // Any of them answers, which is no mistake.
  const { out, code } = await runCommand(['check', `${fleet.url}/metrics`]);
  expect([code, out.includes('different processes')]).toEqual([0, false]);
});
