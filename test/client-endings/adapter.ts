import type { GrpcMetrics } from '../../src/index.ts';
import type { Backend } from '../support/backends.ts';
import type { Behaviour } from '../support/behaviour.ts';
import type { Difference } from '../support/differences.ts';
import type { MethodName } from '../support/service.ts';
import type { TestClient } from '../support/test-client.ts';
import type { Row } from './row.ts';

/** What the handler of a real server does with the call of a client. */
export type BackendBehaviour =
  | Behaviour
  /** Answers a message that the client cannot deserialize. */
  | 'answerMalformed'
  | 'streamOneThenMalformed';

/** Starts a real server that implements one method. Without a behaviour it implements none. */
export type Serve = (method: MethodName, behaviour?: BackendBehaviour) => Promise<Backend>;

/** Limits of a client. The framework has a default for each. */
export interface ClientLimits {
  readonly maxReceiveBytes?: number;
  readonly maxSendBytes?: number;
  /** How long a connection may be silent before the client pings it, and then how long the answer may take. */
  readonly keepAliveSeconds?: number;
}

/** One client framework under the contract of endings, with one way to make its clients. */
export interface ClientAdapter<R extends Row = Row> {
  /** Such as `grpc-js 1.14, new Client`. */
  readonly name: string;
  readonly serve: Serve;
  /** Makes a client whose calls `metrics` records. */
  connect(address: string, row: R | Row, metrics: GrpcMetrics): TestClient;
  /** Whether the library counts the attempts of calls. */
  readonly countsAttempts: boolean;
  /** Whether the library sees the sizes of messages; it does by default. */
  readonly seesSizes?: boolean;
  readonly differences?: readonly Difference<Row>[];
  /** Rows that only this framework has. */
  readonly ownRows?: readonly R[];
}
