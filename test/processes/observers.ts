import { expect } from 'vitest';
import { type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';
import type { ChaosOptions } from './chaos.ts';

/**
 * Lets real Prometheus servers scrape the chaos. At the end none may have seen a reset, and each must have what the service counted.
 * `binaries` has the path of each.
 */
export function observeWith(binaries: readonly string[]): NonNullable<ChaosOptions['observe']> {
  return async (port) => {
    const targets = [`127.0.0.1:${port}`];
    const running = await Promise.all(
      binaries.map((binary) => startPrometheus({ binary, targets, scrapeInterval: '500ms' })),
    );
    return {
      finish: async (counted) => {
        try {
          for (const prometheus of running) await expectNoReset(prometheus, counted);
        } finally {
          await Promise.all(running.map((prometheus) => prometheus.stop()));
        }
      },
    };
  };
}

async function expectNoReset(prometheus: RunningPrometheus, counted: number): Promise<void> {
  await prometheus.waitForScrapes(2, 60_000);
  const ask = async (query: string) => (await prometheus.query(query))[0]?.value;
  const total = 'sum(grpc_requests_total{status="OK"})';
  await expect.poll(() => ask(total), { timeout: 20_000 }).toBe(counted);
  for (const name of [
    'grpc_requests_total',
    'grpc_request_duration_seconds_bucket',
    'grpc_request_duration_seconds_sum',
  ]) {
    expect(await ask(`sum(resets(${name}[30m]))`), name).toBe(0);
  }
  const lost = await ask('count_over_time(up[30m]) - sum_over_time(up[30m])');
  const scrapes = await ask('count_over_time(up[30m])');
  console.log(`${prometheus.url}: ${scrapes} scrapes, ${lost} not answered`);
}
