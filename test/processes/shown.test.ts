import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { partsOf } from '../../src/metrics.ts';
import { OwnRuntime } from '../../src/own-runtime.ts';
import { Shelf } from '../../src/processes/shelf.ts';
import { shownProcesses } from '../../src/shown-processes.ts';
import { newFolder, removeFolders } from './folders.ts';
import { anyEvent, declareAll, randomFrom } from './history.ts';
import { numbersIn, sumOf } from './watch.ts';

const open: GrpcMetrics[] = [];
afterEach(async () => {
  for (const metrics of open.splice(0)) await metrics.close();
  removeFolders();
});

test.each([false, true])(
  'the page has the calls of each process as scrapes have them, native: %s',
  async (nativeHistograms) => {
    const folder = newFolder();
    const random = randomFrom(5);
    const options = { processes: { folder }, logger: { warn: () => {} }, nativeHistograms };
    for (let count = 0; count < 3; count += 1) open.push(new GrpcMetrics(options));
    for (const metrics of open) declareAll(metrics);
    for (let events = 0; events < 300; events += 1) anyEvent(random)(open[Math.floor(random() * 3)]!);
    for (const metrics of open) partsOf(metrics).client.channels.target('dns:orders:50051');
    await new Promise((resolve) => setImmediate(resolve));
    const scraped = numbersIn(String((await open[0]!.render({ by: 'process' })).body));
    const shelf = new Shelf(join(folder, 'gen-1'));
    shelf.refresh();
    const families = shownProcesses(() => shelf, new OwnRuntime()).collect();
    const all = families.map(({ name, role, series }) => ({ name, role, series: [...series] }));
    const shown = new Map(all.map(({ role, series }) => [role, series]));
    shelf.close();
    let ended = 0;
    for (const [role, server, client] of [
      ['processes.calls', 'grpc_requests_total', 'grpc_client_requests_total'],
      ['processes.inFlight', 'grpc_requests_in_flight', 'grpc_client_requests_in_flight'],
      ['processes.connections', 'grpc_active_connections', 'grpc_client_active_connections'],
    ] as const) {
      for (const one of shown.get(role) ?? []) {
        const { worker, side } = one.labels;
        const label = `worker="${worker!.replace('worker ', '')}"`;
        const { value } = one as { readonly value?: number };
        expect([role, side, worker, value]).toEqual([
          role,
          side,
          worker,
          sumOf(scraped, side === 'server' ? server : client, label),
        ]);
        if (role === 'processes.calls') ended += value!;
      }
      expect(shown.get(role)).toHaveLength(6);
    }
    expect(ended).toBeGreaterThan(50);
    const pids = shown.get('processes.late')!.map(({ labels }) => labels.pid);
    expect(pids).toEqual([1, 2, 3].map(() => String(process.pid)));
    // The others write theirs within a second.
    for (const name of ['process_cpu_seconds_total', 'process_start_time_seconds', 'nodejs_eventloop_lag_max_seconds'])
      expect(all.find((family) => family.name === name)?.series[0]?.labels).toEqual({ worker: 'worker 0' });
  },
);
