import { describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { details, expectDetails } from '../support/call-details.ts';
import { applyDifferences, expectDifferencesFit } from '../support/differences.ts';
import { ignoreRejections } from '../support/rejections.ts';
import type { Adapter } from './adapter.ts';
import { expectedCalls, expectedErrors, type Row } from './row.ts';
import { rows } from './rows.ts';
import { type Outcome, runRow } from './run.ts';

/** Runs every row of the contract, and the adapter's own rows, as tests. */
export function describeEndings<R extends Row>(adapter: Adapter<R>): void {
  describe(adapter.name, () => {
    ignoreRejections();

    const isRace = ({ race }: Row) => race !== undefined;
    // What races is alone: other rows would make the process late.
    const inOrder = [...applicable(adapter)].sort((one, other) => Number(isRace(one)) - Number(isRace(other)));
    for (const row of inOrder) {
      const add = isRace(row) ? test : test.concurrent;
      add(row.name, { retry: triesMore(row) }, async () => {
        const metrics = new GrpcMetrics({ service: { name: 'endings', version: '1' }, details });
        await runRow(adapter, row, metrics, (outcome) => {
          expectOutcome(adapter, row, outcome);
          expectDetails(metrics, 'grpc');
        });
      });
    }

    test('every difference is about rows that exist, once each', () => {
      expectDifferencesFit([...rows, ...(adapter.ownRows ?? [])], adapter.differences);
    });
  });
}

/** How often a row is tried again. */
export function triesMore({ race }: Row): number {
  return race === undefined ? 0 : 4;
}

/** The rows that apply to an adapter, with its differences. */
export function applicable<R extends Row>({ differences, ownRows = [] }: Adapter<R>): readonly (R | Row)[] {
  return applyDifferences<R | Row, Row>([...rows, ...ownRows], differences);
}

/** Expects that each call was recorded once, with the right status, and that none is in flight. */
export function expectOutcome<R extends Row>(
  { seesExceptions }: Pick<Adapter<R>, 'seesExceptions'>,
  row: Row,
  { wire, recorded }: Outcome,
): void {
  const calls = expectedCalls(row);
  expect(wire).toEqual(row.wire);
  expect(recorded.calls()).toEqual(calls);
  expect(recorded.errors()).toEqual(expectedErrors(row, seesExceptions));
  expect(recorded.durations().count).toBe(Object.values(calls).reduce((sum, count) => sum + count, 0));
  expect(recorded.inFlight()).toBe(0);
  expect(recorded.sum('handler_rejections_total')).toBe(seesExceptions ? (row.rejections ?? 0) : 0);
  expect(recorded.sum('requests_abandoned_total')).toBe(isAnsweredTooLate(row) ? 1 : 0);
  expect(recorded.faults()).toBe(0);
  if (row.messages !== undefined) {
    const received = recorded.sum('messages_received_total');
    expect({ received, sent: recorded.sum('messages_sent_total') }).toEqual(row.messages);
  }
}

function isAnsweredTooLate({ handler }: Row): boolean {
  return handler === 'answerTooLate' || handler === 'refuseTooLate';
}
