import { describe, expect, test } from 'vitest';
import { type FinishedCall, GrpcMetrics } from '../../src/index.ts';
import { ClientFixture } from '../client-endings/fixture.ts';
import { rows } from '../client-endings/rows.ts';
import { versions } from '../endings/fixture.ts';
import { sleep, until } from '../support/wait.ts';
import { byStatus, sumOf } from './told.ts';

const labels = { peer: { from: ({ peer }: { peer: string | undefined }) => peer, maxValues: 500 }, region: 'eu' };

for (const [version, grpc] of versions) {
  describe(`with labels, grpc-js ${version}`, () => {
    for (const row of rows) {
      if (row.only !== undefined && row.only !== 'new Client') continue;
      test.concurrent(row.name, async () => {
        const backend = row.backend === undefined ? undefined : await row.backend(grpc);
        const address = row.address ?? backend!.address;
        const metrics = new GrpcMetrics({ labels });
        const told: FinishedCall[] = [];
        metrics.onCall((call) => told.push(call));
        const fixture = new ClientFixture(grpc, 'new Client', address, { options: row.options ?? {}, metrics });
        if (backend !== undefined) fixture.backends.push(backend);
        try {
          await row.drive(fixture);
          const seen = (version === '1.10' && row.seenOn110) || row.seen;
          expect(fixture.seen).toEqual(seen);
          const total = Object.values(seen).reduce((sum, count) => sum + count, 0);
          await until(
            () => fixture.inFlight() === 0 && fixture.durations().count >= total,
            () => `${fixture.inFlight()} in flight, recorded ${JSON.stringify(fixture.recorded())}`,
          );
          await sleep(60); // What comes late must change nothing.
          expect(fixture.recorded()).toEqual(fixture.seen);
          expect(fixture.durations().count).toBe(total);
          expect(fixture.inFlight()).toBe(0);
          expect(fixture.sum('grpc_client_messages_sent_total')).toBe(row.sent ?? fixture.sent);
          expect(fixture.sum('grpc_client_messages_received_total')).toBe(row.received ?? fixture.received);
          expect(fixture.sum('grpc_vitals_errors_total')).toBe(0);
          expect(told.every(({ side }) => side === 'client')).toBe(true);
          expect(byStatus(told)).toEqual(fixture.recorded());
          expect(sumOf(told, 'messagesReceived')).toBe(row.received ?? fixture.received);
          expect(sumOf(told, 'messagesSent')).toBe(row.sent ?? fixture.sent);
          expect(sumOf(told, 'retries')).toBe(row.retries ?? 0);
          const family = metrics.collect().find(({ name }) => name === 'grpc_client_requests_total');
          const all = family?.type === 'counter' ? family.series : [];
          const called = all.filter(({ value }) => value > 0);
          expect(called.length > 0).toBe(total > 0);
          expect(called.every((series) => series.labels.region === 'eu')).toBe(true);
          // A call that cannot even be made has no metadata, and so no labels.
          const isMade = !row.name.startsWith('a call on a closed client');
          expect(called.every((series) => (series.labels.peer !== '') === isMade)).toBe(true);
        } finally {
          fixture.stop();
        }
      });
    }
  });
}
