import type { GrpcMetrics } from '../../src/index.ts';
import type { Behaviour } from '../support/behaviour.ts';
import type { Difference } from '../support/differences.ts';
import type { Dialect } from '../support/raw-client.ts';
import type { MethodName } from '../support/service.ts';
import type { TestClient } from '../support/test-client.ts';
import type { Row } from './row.ts';

/** What the user's interceptor, middleware or guard does, between the library and the handler. */
export type InterceptorBehaviour =
  /** Refuses the call with PERMISSION_DENIED before the handler is called. */
  | 'refuse'
  /** The same, some milliseconds later. */
  | 'refuseLater'
  /** Passes the call on some milliseconds later. */
  | 'passOnLater'
  | 'passOnTooLate';

/** Limits of a server. The framework has a default for each. */
export interface Limits {
  readonly maxReceiveBytes?: number;
  readonly maxSendBytes?: number;
  readonly maxConnectionAgeSeconds?: number;
  /** How long calls may continue after that. */
  readonly maxConnectionAgeGraceSeconds?: number;
}

/** What an adapter needs to make a server. */
export interface ServerSetup {
  /** The method that is called. */
  readonly method: MethodName;
  /** What its handler does. Without it no method is implemented; otherwise only this one is. All are declared. */
  readonly handler?: Behaviour;
  readonly interceptor?: InterceptorBehaviour;
  readonly limits?: Limits;
}

/** A server of `test.v1.Endings` on the loopback whose calls the library records. */
export interface RunningServer {
  readonly port: number;
  /** What raw clients speak; gRPC by default. */
  readonly dialect?: Dialect;
  /** Makes a client with a connection of its own. */
  client(): TestClient;
  /** Refuses new calls, and resolves when the last one has ended. */
  shutDown(): Promise<void>;
  /** Ends every call and connection at once. */
  kill(): void;
  /** Does the same, and closes the clients too. */
  stop(): Promise<void>;
}

/** One framework under the contract of endings, with one way to add the metrics to it. */
export interface Adapter<R extends Row = Row> {
  /** Such as `grpc-js 1.14, instrument`. */
  readonly name: string;
  /** Starts a server whose calls `metrics` records. `tooLate` resolves when the library has recorded the end of the call. */
  start(setup: ServerSetup | R, metrics: GrpcMetrics, tooLate: Promise<void>): Promise<RunningServer>;
  /** Whether the library sees exceptions and rejected promises of handlers. */
  readonly seesExceptions: boolean;
  readonly differences?: readonly Difference<Row>[];
  /** Rows that only this framework has. */
  readonly ownRows?: readonly R[];
}
