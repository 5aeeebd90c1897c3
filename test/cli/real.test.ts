import { expect, test } from 'vitest';
import { fakeRequest, runCommand } from './host.ts';
import { goLike } from './real/go-like.ts';
import type { RealExposition } from './real/lines.ts';
import { openTelemetry } from './real/opentelemetry.ts';
import { otherLibraries } from './real/others.ts';

const expositions: readonly RealExposition[] = [...goLike, ...openTelemetry, ...otherLibraries];

test.each(expositions)('top reads $name', async ({ text, top }) => {
  const { side = 'server', method = '/demo.v1.Eliza/Say', errors = 0.25, hasQuantiles = true, inFlight = 1 } = top!;
  const { faults = side === 'client' ? null : 0.25 } = top!;
  let at = 0;
  const { code, out, err } = await runCommand(['top', '--once', '--json', 'a'], {
    request: fakeRequest({ 'http://a/metrics': [text({ calls: 8 }), text({ calls: 16 })] }),
    now: () => at,
    sleep: async (seconds) => {
      at += seconds;
    },
  });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const quantile = (seconds: number) => (hasQuantiles ? expect.closeTo(seconds, 9) : null);
  expect(JSON.parse(out).methods).toEqual([
    {
      side,
      method,
      ratePerSecond: 4,
      errorRatio: errors,
      faultRatio: faults,
      p50: quantile(0.055),
      p95: quantile(0.0955),
      p99: quantile(0.0991),
      inFlight,
    },
  ]);
});
