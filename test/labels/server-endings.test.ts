import { describe, expect, test } from 'vitest';
import type { FinishedCall } from '../../src/index.ts';
import { details, expectDetails } from '../endings/details.ts';
import { Fixture, type Mode, sleep, until, versions } from '../endings/fixture.ts';
import { rows } from '../endings/rows.ts';
import { allowRejections } from './rejections.ts';
import { byStatus, sumOf } from './told.ts';

allowRejections();

/** Every call that reaches an interceptor has metadata; so what has no label has ended before its metadata came. */
const metrics = { labels: { came: { from: () => 'yes' }, region: 'eu' }, details };

/** Rows with calls whose metadata never came to our interceptor: they are refused or left alone before. */
const without: readonly string[] = [
  '17 another interceptor refuses in start',
  '17 another interceptor refuses some time after start',
  '17 another interceptor starts later, when the client has gone',
  '18 an interceptor of the credentials refuses',
];

/** Rows whose messages are written, and counted, after the call has ended. */
const late = /reads nothing|goes on writing/;

/** Rows whose handler answers when nobody waits any more. */
const answeredTooLate = /the handler answers (an error )?later/;

const modes: readonly Mode[] = ['instrument', 'interceptor'];

for (const [version, grpc] of versions) {
  for (const mode of modes) {
    describe(`with labels, grpc-js ${version}, ${mode}`, () => {
      for (const row of rows) {
        const { versions: notIn = [], modes: notBy = [] } = row.except ?? {};
        if (notIn.includes(version) || notBy.includes(mode) || row.name.includes('that race')) continue;
        test.concurrent(row.name, async () => {
          const fixture = await Fixture.start(grpc, mode, { ...row, metrics });
          const told: FinishedCall[] = [];
          fixture.metrics.onCall((call) => told.push(call));
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
            expect(fixture.sum('grpc_vitals_errors_total')).toBe(0);
            expect(told.every(({ side }) => side === 'server')).toBe(true);
            expect(byStatus(told)).toEqual(fixture.recorded());
            expect(sumOf(told, 'messagesReceived')).toBe(fixture.sum('grpc_messages_received_total'));
            const sent = fixture.sum('grpc_messages_sent_total');
            if (late.test(row.name)) expect(sumOf(told, 'messagesSent')).toBeLessThanOrEqual(sent);
            else expect(sumOf(told, 'messagesSent')).toBe(sent);
            const abandoned = fixture.sum('grpc_requests_abandoned_total');
            expect(abandoned).toBe(answeredTooLate.test(row.name) ? 1 : 0);
            const empty = labelsOf(fixture).filter(({ came, method }) => came === '' && method !== 'unknown');
            expect(empty.length > 0).toBe(without.includes(row.name));
            expect(labelsOf(fixture).every(({ region }) => region === 'eu')).toBe(true);
          } finally {
            await fixture.stop();
          }
        });
      }
    });
  }
}

/** Of the series that have calls. */
function labelsOf(fixture: Fixture) {
  const family = fixture.metrics.collect().find(({ name }) => name === 'grpc_requests_total');
  if (family?.type !== 'counter') throw new Error('no requests');
  return family.series.filter(({ value }) => value > 0).map(({ labels }) => labels);
}
