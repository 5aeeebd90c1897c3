import { statusNames } from '../rpc/status.ts';
import { type CallShape, counter } from './call-shape.ts';
import { faultsName } from './own/self.ts';
import { allVocabularies } from './vocabularies/all.ts';
import { go } from './vocabularies/go.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * Every shape that an endpoint's calls can have: those of the vocabularies, then those of other libraries.
 *
 * An endpoint can expose the same calls in several shapes. The first one is meant.
 */
export function readableShapes(vocabularies: readonly Vocabulary[] = allVocabularies): readonly CallShape[] {
  return [...vocabularies.flatMap(({ server, client }) => [server.shape, client.shape]), ...foreignShapes];
}

/** Families that show that an endpoint exposes calls, even before the first call. The first is on every endpoint of ours. */
export function tellingFamilies(shapes: readonly CallShape[]): readonly string[] {
  const families = shapes.flatMap(({ requests, durations }) => [requests.family, requests.sample, durations]);
  return [...new Set([faultsName, ...families])];
}

/**
 * The names of go-grpc-prometheus as its likes in Java and Python change them. They write codes as `NOT_FOUND` and types as
 * `UNARY`, and have no series before a method's first call. Java's counters have the code twice, as `code` and `grpc_code`;
 * its older versions and Python's legacy mode have `code` alone. A client_java before 0.10 adds no `_total`.
 *
 * Sources: https://github.com/grpc-ecosystem/java-grpc-prometheus, https://github.com/lchenn/py-grpc-prometheus
 */
const foreignShapes: readonly CallShape[] = [
  ...variants(go.server.shape, [go.server.shape.requests.family], 'grpc_server_handled_latency_seconds'),
  ...variants(
    go.client.shape,
    [go.client.shape.requests.family, 'grpc_client_completed_total', 'grpc_client_completed'],
    'grpc_client_completed_latency_seconds',
  ),
];

/** The shape with each of these counters of requests, each label of the code, and its own durations or these. */
function variants({ type: _type, ...shape }: CallShape, requests: readonly string[], durations: string): CallShape[] {
  return requests.flatMap((family) =>
    ['grpc_code', 'code'].flatMap((label) =>
      [shape.durations, durations].map((name) => ({
        ...shape,
        status: { label, codes: statusNames },
        requests: counter(family),
        durations: name,
        startsAtZero: false,
      })),
    ),
  );
}
