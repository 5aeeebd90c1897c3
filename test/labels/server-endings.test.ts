import { describe, expect, test } from 'vitest';
import { type FinishedCall, GrpcMetrics } from '../../src/index.ts';
import { applicable, expectOutcome, triesMore } from '../endings/contract.ts';
import { grpcJs } from '../endings/grpc-js/adapter.ts';
import { runRow } from '../endings/run.ts';
import { details, expectDetails } from '../support/call-details.ts';
import { type Mode, versions } from '../support/grpc-js/fixture.ts';
import { ignoreRejections } from '../support/rejections.ts';
import { byStatus, sumOf } from './told.ts';

/** Every call that reaches an interceptor has metadata; so a call without the label ended before its metadata came. */
const labels = { came: { from: () => 'yes' }, region: 'eu' };

/** Rows with calls whose metadata never came to our interceptor: they are refused or left alone before. */
const withoutMetadata: readonly string[] = [
  'another interceptor refuses at once',
  'another interceptor refuses some time later',
  'another interceptor passes the call on later, when the client has gone',
  'an interceptor of the credentials refuses',
];

/** Rows whose messages are written, and counted, after the call has ended. */
const late = /reads nothing|goes on writing/;

const modes: readonly Mode[] = ['instrument', 'interceptor'];

for (const [version, grpc] of versions) {
  for (const mode of modes) {
    const adapter = grpcJs(version, grpc, mode);
    describe(`with labels, ${adapter.name}`, () => {
      ignoreRejections();

      for (const row of applicable(adapter)) {
        if (row.name.includes('that race')) continue;
        test.concurrent(row.name, { retry: triesMore(row) }, async () => {
          const metrics = new GrpcMetrics({ callLabels: labels, details });
          const told: FinishedCall[] = [];
          metrics.onCallEnd((call) => told.push(call));
          await runRow(adapter, row, metrics, (outcome) => {
            const { recorded } = outcome;
            expectOutcome(adapter, row, outcome);
            expectDetails(metrics, 'grpc');
            expect(told.every(({ side }) => side === 'server')).toBe(true);
            expect(byStatus(told)).toEqual(recorded.calls());
            expect(sumOf(told, 'messagesReceived')).toBe(recorded.sum('messages_received_total'));
            const sent = recorded.sum('messages_sent_total');
            if (late.test(row.name)) expect(sumOf(told, 'messagesSent')).toBeLessThanOrEqual(sent);
            else expect(sumOf(told, 'messagesSent')).toBe(sent);
            const empty = labelsOf(metrics).filter(({ came, method }) => came === '' && method !== 'unknown');
            expect(empty.length > 0).toBe(withoutMetadata.includes(row.name));
            expect(labelsOf(metrics).every(({ region }) => region === 'eu')).toBe(true);
          });
        });
      }
    });
  }
}

/** Of the series that have calls. */
function labelsOf(metrics: GrpcMetrics) {
  const family = metrics.collect().find(({ name }) => name === 'grpc_requests_total');
  if (family?.type !== 'counter') throw new Error('no requests');
  return family.series.filter(({ value }) => value > 0).map((series) => series.labels);
}
