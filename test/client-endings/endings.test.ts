import { describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { details, expectDetails } from '../endings/details.ts';
import { versions } from '../endings/fixture.ts';
import { sleep, until } from '../support/wait.ts';
import { ClientFixture, makes } from './fixture.ts';
import { rows } from './rows.ts';

for (const [version, grpc] of versions) {
  for (const make of makes) {
    describe(`grpc-js ${version}, ${make}`, () => {
      for (const row of rows) {
        if (row.only !== undefined && row.only !== make) continue;
        test.concurrent(row.name, async () => {
          const backend = row.backend === undefined ? undefined : await row.backend(grpc);
          const address = row.address ?? backend!.address;
          // Attempts are an option: the contract holds with it and without.
          const attempts = make === 'new Client';
          const metrics = new GrpcMetrics({ attempts, details, naming: ['basic', 'grpc'] });
          const fixture = new ClientFixture(grpc, make, address, { options: row.options ?? {}, metrics });
          if (backend !== undefined) fixture.backends.push(backend);
          try {
            await row.drive(fixture);
            const seen = (version === '1.10' && row.seenOn110) || row.seen;
            expect(row.orSeen === undefined ? [seen] : [seen, row.orSeen]).toContainEqual(fixture.seen);
            const total = Object.values(seen).reduce((sum, count) => sum + count, 0);
            await until(
              () => fixture.inFlight() === 0 && fixture.durations().count >= total,
              () => `${fixture.inFlight()} in flight, recorded ${JSON.stringify(fixture.recorded())}`,
            );
            await sleep(60); // What comes late must change nothing.
            expect(fixture.recorded()).toEqual(fixture.seen);
            const failed = Object.entries(fixture.seen).filter(([key]) => !key.endsWith(' OK'));
            expect(fixture.errors()).toEqual(Object.fromEntries(failed));
            expect(fixture.durations().count).toBe(total);
            expect(fixture.inFlight()).toBe(0);
            expectDetails(metrics, 'grpc_client');
            expect(fixture.sum('grpc_client_retries_total')).toBe(row.retries ?? 0);
            expect(fixture.sum('grpc_client_messages_sent_total')).toBe(row.sent ?? fixture.sent);
            expect(fixture.sum('grpc_client_messages_received_total')).toBe(row.received ?? fixture.received);
            if (row.sent === undefined) {
              expect(fixture.sum('grpc_client_messages_sent_bytes_total')).toBe(fixture.bytesSent);
            }
            // Where the application got less than has come, its bytes are less too.
            if (row.received === undefined) {
              expect(fixture.sum('grpc_client_messages_received_bytes_total')).toBe(fixture.bytesReceived);
            }
            const firsts = fixture.durations('grpc_client_time_to_first_message_seconds');
            expect(firsts.count).toBe(fixture.streamsWithMessages);
            if (attempts) {
              const made = (version === '1.10' && row.attemptsOn110) || row.attempts || fixture.seen;
              expect(fixture.recorded('grpc_client_request_attempts_total')).toEqual(made);
              const begun = Object.values(made).reduce((sum, count) => sum + count, 0);
              expect(fixture.sum('grpc_client_attempt_started_total')).toBe(begun);
              expect(fixture.durations('grpc_client_attempt_duration_seconds').count).toBe(begun);
              const ended = fixture.durations('grpc_client_request_attempt_duration_seconds').count;
              expect(ended).toBe(Object.values(made).reduce((sum, count) => sum + count, 0));
            }
            if (row.atLeastSeconds !== undefined) {
              expect(fixture.durations().sum).toBeGreaterThanOrEqual(row.atLeastSeconds);
            }
            expect(fixture.sum('grpc_vitals_errors_total')).toBe(0);
          } finally {
            fixture.stop();
          }
        });
      }
    });
  }
}
