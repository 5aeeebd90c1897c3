import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { details, expectDetails } from './details.ts';
import { Fixture, modes, sleep, until, versions } from './fixture.ts';
import { rows } from './rows.ts';

/** Handlers that reject are part of the contract; what Node would say of them is collected instead. */
const unhandled: unknown[] = [];
let listeners: NodeJS.UnhandledRejectionListener[] = [];

beforeAll(() => {
  listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => unhandled.push(reason));
});

afterAll(() => {
  process.removeAllListeners('unhandledRejection');
  for (const listener of listeners) process.on('unhandledRejection', listener);
});

for (const [version, grpc] of versions) {
  for (const mode of modes) {
    if (mode === 'injected connection' && version === '1.10') continue; // 1.10 has no connection injector.
    describe(`grpc-js ${version}, ${mode}`, () => {
      for (const row of rows) {
        const { versions: notIn = [], modes: notBy = [] } = row.except ?? {};
        if (notIn.includes(version) || notBy.includes(mode)) continue;
        test.concurrent(row.name, { retry: row.isRace === true ? 2 : 0 }, async () => {
          const fixture = await Fixture.start(grpc, mode, { ...row, metrics: { details, ...row.metrics } });
          try {
            expect(await row.drive(fixture)).toEqual(row.wire);
            const total = Object.values(row.recorded).reduce((sum, count) => sum + count, 0);
            await until(
              () => fixture.inFlight() === 0 && fixture.sum('grpc_requests_total') >= total,
              () => `${fixture.inFlight()} in flight, recorded ${JSON.stringify(fixture.recorded())}`,
            );
            await sleep(60); // What comes late must change nothing.
            expect(fixture.recorded()).toEqual(row.recorded);
            expect(fixture.durations()).toBe(total);
            expect(fixture.inFlight()).toBe(0);
            expectDetails(fixture.metrics, 'grpc');
            if (mode === 'instrument' && row.errors !== undefined) expect(fixture.errors()).toEqual(row.errors);
            const rejections = mode === 'instrument' ? (row.rejections ?? 0) : 0;
            expect(fixture.sum('grpc_handler_rejections_total')).toBe(rejections);
            expect(fixture.sum('grpc_vitals_errors_total')).toBe(0);
          } finally {
            await fixture.stop();
          }
        });
      }
    });
  }
}
