import { describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { details, expectDetails } from '../support/call-details.ts';
import { applyDifferences, expectDifferencesFit } from '../support/differences.ts';
import type { ClientAdapter } from './adapter.ts';
import { expectedCalls, type Row } from './row.ts';
import { rows } from './rows.ts';
import { type ClientRun, runRow } from './run.ts';

/** Runs every row of the contract, and the adapter's own rows, as tests. */
export function describeClientEndings<R extends Row>(adapter: ClientAdapter<R>): void {
  describe(adapter.name, () => {
    for (const row of applicable(adapter)) {
      test.concurrent(row.name, async () => {
        const attempts = adapter.countsAttempts;
        const metrics = new GrpcMetrics({ client: { attempts }, details, naming: ['basic', 'grpc'] });
        await runRow(adapter, row, metrics, (run) => {
          expectOutcome(row, run);
          expectDetailsOfMessages(row, run, adapter.seesSizes ?? true);
          if (attempts) expectAttempts(row, run);
          expectDetails(metrics, 'grpc_client');
        });
      });
    }

    test('every difference is about rows that exist, once each', () => {
      expectDifferencesFit([...rows, ...(adapter.ownRows ?? [])], adapter.differences);
    });
  });
}

/** The rows that apply to an adapter, with its differences. */
export function applicable<R extends Row>({ differences, ownRows = [] }: ClientAdapter<R>): readonly (R | Row)[] {
  return applyDifferences<R | Row, Row>([...rows, ...ownRows], differences);
}

/** Expects that the library recorded each call once, as the application saw it, and that none is in flight. */
export function expectOutcome(row: Row, { application, recorded }: ClientRun): void {
  const { seen } = application;
  expect(expectedCalls(row)).toContainEqual(seen);
  expect(recorded.calls()).toEqual(seen);
  expect(recorded.errors()).toEqual(Object.fromEntries(Object.entries(seen).filter(([key]) => !key.endsWith(' OK'))));
  expect(recorded.durations().count).toBe(total(seen));
  if (row.atLeastSeconds !== undefined) expect(recorded.durations().sum).toBeGreaterThanOrEqual(row.atLeastSeconds);
  expect(recorded.inFlight()).toBe(0);
  expect(recorded.sum('retries_total')).toBe(row.retries ?? 0);
  expect(recorded.sum('messages_sent_total')).toBe(application.sent);
  expect(recorded.sum('messages_received_total')).toBe(row.received ?? application.responses.length);
  expect(recorded.faults()).toBe(0);
}

function expectDetailsOfMessages(row: Row, { application, recorded }: ClientRun, seesSizes: boolean): void {
  const { responses } = application;
  expect(recorded.sum('messages_sent_bytes_total')).toBe(seesSizes ? application.bytesSent : 0);
  // If the application gets fewer messages than arrive, it gets fewer bytes too.
  if (row.received === undefined) {
    const bytes = responses.reduce((sum, size) => sum + size, 0);
    expect(recorded.sum('messages_received_bytes_total')).toBe(seesSizes ? bytes : 0);
  }
  expect(recorded.durations('time_to_first_message_seconds').count).toBe(application.streamsWithMessages);
}

function expectAttempts(row: Row, { application, recorded }: ClientRun): void {
  const attempts = row.attempts ?? application.seen;
  expect(recorded.calls('request_attempts_total')).toEqual(attempts);
  expect(recorded.sum('attempt_started_total')).toBe(total(attempts));
  expect(recorded.durations('attempt_duration_seconds').count).toBe(total(attempts));
  expect(recorded.durations('request_attempt_duration_seconds').count).toBe(total(attempts));
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
