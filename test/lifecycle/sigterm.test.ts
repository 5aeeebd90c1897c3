import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { describeWith } from '../support/servers/binaries.ts';
import { type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';
import { service } from '../support/service.ts';
import { until } from '../support/wait.ts';

const path = fileURLToPath(new URL('ending-program.ts', import.meta.url));
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Ending {
  readonly child: ChildProcess;
  readonly port: number;
  readonly metricsPort: number;
  /** What it has recorded, by status, when it has ended. */
  readonly counts: Promise<Record<string, number>>;
}

async function startService(): Promise<Ending> {
  const child = spawn(process.execPath, ['--import', 'tsx', path], { stdio: ['ignore', 'pipe', 'inherit'] });
  closing.push(() => child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as unknown;
  const { port, metricsPort } = (await next()) as Pick<Ending, 'port' | 'metricsPort'>;
  return {
    child,
    port,
    metricsPort,
    counts: next().then((last) => (last as { counts: Record<string, number> }).counts),
  };
}

interface Load {
  /** The calls that have ended OK. */
  ok: number;
  /** Resolves when the service is gone. */
  readonly ended: Promise<unknown>;
}

/** Calls the service on 20 connections until it is gone. */
function startLoad(port: number): Load {
  const Client = grpc.makeGenericClientConstructor(service, 'Endings');
  const callers = Array.from({ length: 20 }, async () => {
    const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
    });
    for (;;) {
      const code = await new Promise<number>((resolve) => {
        client.Unary!(Buffer.from('x'), (error: grpc.ServiceError | null) => resolve(error?.code ?? 0));
      });
      if (code !== 0) break;
      load.ok += 1;
    }
    client.close();
  });
  const load: Load = { ok: 0, ended: Promise.all(callers) };
  return load;
}

const inPrometheus = async (prometheus: RunningPrometheus): Promise<Record<string, number>> => {
  const samples = await prometheus.query('sum by (status) (last_over_time(grpc_requests_total[5m])) > 0');
  return Object.fromEntries(samples.map(({ labels, value }) => [labels.status, value]));
};

const engines = ['prometheus', 'prometheus3'] as const;
describeWith([...engines], 'kill -TERM under load', (paths) => {
  test.each(engines)('the final counts are in %s, and the process ends', { timeout: 90_000 }, async (engine) => {
    const { child, port, metricsPort, counts } = await startService();
    const ended = once(child, 'exit');
    const prometheus = await startPrometheus({
      binary: paths[engine],
      targets: [`127.0.0.1:${metricsPort}`],
      scrapeInterval: '2s',
    });
    closing.push(() => prometheus.stop());
    const load = startLoad(port);
    await prometheus.waitForScrapes(3, 40_000);
    // Not at the moment of a scrape.
    const { ok } = load;
    await until(
      () => load.ok >= ok + 100,
      () => 'the load has stopped',
    );
    child.kill('SIGTERM');
    const [code] = (await ended) as [number | null]; // as documented
    expect(code).toBe(0);
    const recorded = await counts;
    await load.ended;
    expect(recorded).toEqual({ OK: load.ok });
    await expect.poll(() => inPrometheus(prometheus), { timeout: 10_000 }).toEqual(recorded);
  });
});
