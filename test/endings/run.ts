import { setImmediate as turn } from 'node:timers/promises';
import type { GrpcMetrics } from '../../src/index.ts';
import { RawClient } from '../support/raw-client.ts';
import { RecordedCalls } from '../support/recorded-calls.ts';
import type { MethodName } from '../support/service.ts';
import type { TestClient } from '../support/test-client.ts';
import { deferred, sleep, until } from '../support/wait.ts';
import type { Adapter, RunningServer } from './adapter.ts';
import { expectedCalls, type Row } from './row.ts';

/** How long a row waits for late events, in milliseconds. No handler answers later than this. */
const settling = 60;

/** One row while it runs: its server, its clients, and what the library has recorded. */
export class Run {
  readonly method: MethodName;
  readonly server: RunningServer;
  readonly recorded: RecordedCalls;
  readonly #raws: RawClient[] = [];

  constructor(method: MethodName, server: RunningServer, metrics: GrpcMetrics) {
    this.method = method;
    this.server = server;
    this.recorded = new RecordedCalls(metrics, 'grpc');
  }

  client(): TestClient {
    return this.server.client();
  }

  /** Opens a connection that can send what no gRPC client sends. */
  async raw(): Promise<RawClient> {
    const raw = await RawClient.connect(this.server.port, this.server.dialect);
    this.#raws.push(raw);
    return raw;
  }

  /** Resolves when the server has so many calls, or has ended them, so that the next step is no race. */
  arrived(calls = 1): Promise<void> {
    return until(
      () => this.recorded.inFlight() + this.recorded.durations().count === calls,
      () => `${calls} calls have not arrived`,
    );
  }

  /** Resolves when no call is in flight. */
  ended(): Promise<void> {
    return until(
      () => this.recorded.inFlight() === 0,
      () => 'the call has not ended',
    );
  }

  async stop(): Promise<void> {
    for (const raw of this.#raws) raw.close();
    await this.server.stop();
  }
}

/** The result of a row. */
export interface Outcome {
  readonly recorded: RecordedCalls;
  /** What the client's side of the wire saw. */
  readonly wire: unknown;
}

/** Starts a server of the adapter, makes the calls of the row, waits until they have ended, and calls `check`. */
export async function runRow<R extends Row>(
  adapter: Adapter<R>,
  row: R | Row,
  metrics: GrpcMetrics,
  check: (outcome: Outcome) => void,
): Promise<void> {
  const tooLate = deferred();
  const run = new Run(row.method, await adapter.start(row, metrics, tooLate.promise), metrics);
  const { recorded } = run;
  try {
    const wire = await row.drive(run);
    const total = Object.values(expectedCalls(row)).reduce((sum, count) => sum + count, 0);
    await until(
      () => recorded.inFlight() === 0 && recorded.durations().count >= total,
      () => `${recorded.inFlight()} in flight, recorded ${JSON.stringify(recorded.calls())}`,
    );
    tooLate.resolve();
    await sleep(settling);
    await turn(); // Timers of a busy process can be due together; listeners are called after them.
    check({ recorded, wire });
  } finally {
    await run.stop();
  }
}
