import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Fleet, type FleetKind, Load } from './fleet.ts';
import { randomFrom } from './history.ts';
import { scrape, sumOf, Watch } from './watch.ts';

/** How chaos is made, and for how long. */
export interface ChaosOptions {
  readonly kind: FleetKind;
  readonly folder: string;
  readonly seconds: number;
  /** Called with the port of the metrics when the fleet serves; `finish` with the calls that the service has counted. */
  readonly observe?: (port: number) => Promise<{ finish(counted: number): Promise<void> }>;
}

/** What came of it. */
export interface ChaosResult {
  readonly kills: number;
  readonly clients: number;
  readonly ok: number;
  /** Calls that the service counted, in threads the tasks that these did, less calls that ended OK for a client. */
  readonly difference: number;
  readonly scrapes: number;
  readonly missed: number;
}

/** Connections of clients, each with one call at a time. */
const clients = 6;

const namings: readonly (readonly [query: string, series: string, label: string])[] = [
  ['', 'grpc_requests_total', 'status="OK"'],
  ['?naming=go', 'grpc_server_handled_total', 'grpc_code="OK"'],
  ['?naming=grpc', 'grpc_server_call_duration_seconds_count', 'grpc_status="OK"'],
  ['?naming=otel', 'rpc_server_call_duration_seconds_count', 'rpc_status_code="OK"'],
];

/**
 * Four processes or threads under load: one is killed every 1 to 2 seconds, one ends in order, and one is blocked now and then. No scrape may show
 * anything that falls, and at the end the service and its clients must have counted the same, but for calls that a kill cut.
 */
export async function makeChaos({ kind, folder, seconds, observe }: ChaosOptions): Promise<ChaosResult> {
  const random = randomFrom(seconds);
  const fleet = await Fleet.start(kind, folder);
  try {
    const observed = await observe?.(fleet.port);
    const load = new Load(fleet, clients);
    const watch = new Watch(fleet.url);
    let kills = 0;
    const until = Date.now() + seconds * 1000;
    for (let round = 0; Date.now() < until; round += 1) {
      await sleep(1000 + random() * 1000);
      const { pids } = fleet;
      if (pids.length < 2) continue;
      const pid = pids[Math.floor(random() * pids.length)]!;
      if (round % 5 === 2) fleet.block(pid, 1500);
      else if (round % 5 === 4) fleet.end(pid);
      else {
        fleet.kill(pid);
        kills += 1;
      }
    }
    await load.stop();
    await watch.stop();
    const counts = await Promise.all(namings.map(([query, series, label]) => countOf(fleet.url, query, series, label)));
    expect(watch.problems).toEqual([]);
    expect(new Set(counts).size, String(counts)).toBe(1);
    await observed?.finish(counts[0]!);
    const done = kind === 'worker threads' ? await countOf(fleet.url, '', 'tasks_total', '') : counts[0]!;
    const difference = done - load.ok;
    const { scrapes, missed } = watch;
    return { kills, clients, ok: load.ok, difference, scrapes, missed };
  } finally {
    await fleet.close();
  }
}

async function countOf(url: string, query: string, series: string, label: string): Promise<number> {
  for (;;) {
    const scraped = await scrape(url, query);
    if (scraped !== undefined) return sumOf(scraped, series, label);
  }
}
