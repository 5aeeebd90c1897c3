import { setImmediate as turn } from 'node:timers/promises';
import type { GrpcMetrics } from '../../src/index.ts';
import type { Backend } from '../support/backends.ts';
import { RecordedCalls } from '../support/recorded-calls.ts';
import type { MethodName } from '../support/service.ts';
import { sleep, until } from '../support/wait.ts';
import type { ClientAdapter } from './adapter.ts';
import { Application } from './application.ts';
import { expectedCalls, type Row } from './row.ts';

/** How long a row waits for late events, in milliseconds. */
const settling = 60;

/** One row while it runs: an application, its server, and what the library has recorded. */
export class ClientRun {
  readonly method: MethodName;
  readonly backend: Backend;
  readonly application: Application;
  readonly recorded: RecordedCalls;

  constructor(method: MethodName, backend: Backend, application: Application, metrics: GrpcMetrics) {
    this.method = method;
    this.backend = backend;
    this.application = application;
    this.recorded = new RecordedCalls(metrics, 'grpc_client');
  }

  /** Resolves when so many calls or attempts have reached the backend. */
  arrived(times = 1): Promise<void> {
    const calls = () => this.backend.calls!();
    return until(
      () => calls() >= times,
      () => `${calls()} of ${times} calls have arrived`,
    );
  }
}

/** Starts the backend and a client of the adapter, makes the calls of the row, waits until they have ended, and calls `check`. */
export async function runRow<R extends Row>(
  adapter: ClientAdapter<R>,
  row: R | Row,
  metrics: GrpcMetrics,
  check: (run: ClientRun) => void,
): Promise<void> {
  const backend = await row.backend(adapter.serve, row.method);
  const application = new Application(adapter.connect(backend.address, row, metrics));
  const run = new ClientRun(row.method, backend, application, metrics);
  const { recorded } = run;
  try {
    await row.drive(run);
    const total = Object.values(expectedCalls(row)[0]!).reduce((sum, count) => sum + count, 0);
    await until(
      () => recorded.inFlight() === 0 && recorded.durations().count >= total,
      () => `${recorded.inFlight()} in flight, recorded ${JSON.stringify(recorded.calls())}`,
    );
    await sleep(settling);
    await turn(); // Timers of a busy process can be due together; listeners are called after them.
    check(run);
  } finally {
    application.close();
    backend.close();
  }
}
