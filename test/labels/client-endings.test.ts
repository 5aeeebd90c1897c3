import { describe, expect, test } from 'vitest';
import { type FinishedCall, GrpcMetrics } from '../../src/index.ts';
import { applicable, expectOutcome } from '../client-endings/contract.ts';
import { grpcJs } from '../client-endings/grpc-js/adapter.ts';
import { runRow } from '../client-endings/run.ts';
import { versions } from '../support/grpc-js/fixture.ts';
import { byStatus, sumOf } from './told.ts';

const labels = { peer: { from: ({ peer }: { peer: string | undefined }) => peer, maxValues: 500 }, region: 'eu' };

for (const [version, grpc] of versions) {
  describe(`with labels, grpc-js ${version}`, () => {
    const adapter = grpcJs(version, grpc, 'new Client');
    for (const row of applicable(adapter)) {
      test.concurrent(row.name, async () => {
        const metrics = new GrpcMetrics({ callLabels: labels });
        const told: FinishedCall[] = [];
        metrics.onCallEnd((call) => told.push(call));
        await runRow(adapter, row, metrics, (run) => {
          const { application, recorded } = run;
          expectOutcome(row, run);
          expect(told.every(({ side }) => side === 'client')).toBe(true);
          expect(byStatus(told)).toEqual(recorded.calls());
          expect(sumOf(told, 'messagesReceived')).toBe(row.received ?? application.responses.length);
          expect(sumOf(told, 'messagesSent')).toBe(application.sent);
          expect(sumOf(told, 'retries')).toBe(row.retries ?? 0);
          const family = metrics.collect().find(({ name }) => name === 'grpc_client_requests_total');
          const all = family?.type === 'counter' ? family.series : [];
          const called = all.filter(({ value }) => value > 0);
          expect(called.every((series) => series.labels.region === 'eu')).toBe(true);
          // A call that cannot even be made has no metadata, and so no labels.
          const isMade = !row.name.startsWith('a call on a closed client');
          expect(called.every((series) => (series.labels.peer !== '') === isMade)).toBe(true);
        });
      });
    }
  });
}
