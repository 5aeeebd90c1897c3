import { expect } from 'vitest';
import { type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';
import { startVictoriaMetrics } from '../support/servers/victoria-metrics.ts';
import type { ChaosOptions } from './chaos.ts';

/** The value of an expression, if it has one. */
type Ask = (query: string) => Promise<number | undefined>;

/**
 * Lets real Prometheus servers, and a VictoriaMetrics, scrape the chaos. At the end none may have seen a reset, and each must have
 * what the service counted. The arguments are the paths of their programs.
 */
export function observeWith(
  binaries: readonly string[],
  victoriaBinary?: string,
): NonNullable<ChaosOptions['observe']> {
  return async (port) => {
    const targets = [`127.0.0.1:${port}`];
    const running = await Promise.all(
      binaries.map((binary) => startPrometheus({ binary, targets, scrapeInterval: '500ms' })),
    );
    const victoria = victoriaBinary === undefined ? undefined : await startVictoriaMetrics(victoriaBinary, targets[0]!);
    return {
      finish: async (counted) => {
        try {
          for (const prometheus of running) await expectOfPrometheus(prometheus, counted);
          const ask: Ask = async (query) => (await victoria?.eventually(query))?.[0]?.value;
          if (victoria !== undefined) await expectNoReset('VictoriaMetrics', ask, counted);
        } finally {
          await victoria?.stop();
          await Promise.all(running.map((prometheus) => prometheus.stop()));
        }
      },
    };
  };
}

async function expectOfPrometheus(prometheus: RunningPrometheus, counted: number): Promise<void> {
  await prometheus.waitForScrapes(2, 60_000);
  await expectNoReset(prometheus.url, async (query) => (await prometheus.query(query))[0]?.value, counted);
}

async function expectNoReset(name: string, ask: Ask, counted: number): Promise<void> {
  const total = 'sum(grpc_requests_total{status="OK"})';
  await expect.poll(() => ask(total), { timeout: 20_000 }).toBe(counted);
  for (const counter of [
    'grpc_requests_total',
    'grpc_request_duration_seconds_bucket',
    'grpc_request_duration_seconds_sum',
  ]) {
    expect(await ask(`sum(resets(${counter}[30m]))`), `${name}: ${counter}`).toBe(0);
  }
  const lost = await ask('count_over_time(up[30m]) - sum_over_time(up[30m])');
  const scrapes = await ask('count_over_time(up[30m])');
  console.log(`${name}: ${scrapes} scrapes, ${lost} not answered`);
}
