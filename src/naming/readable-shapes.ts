import type { CallShape } from './call-shape.ts';
import { envoyShapes } from './foreign/envoy.ts';
import { goLikeShapes } from './foreign/go-like.ts';
import { goZeroShapes } from './foreign/go-zero.ts';
import { micrometerShapes } from './foreign/micrometer.ts';
import { openCensusShapes } from './foreign/opencensus.ts';
import { openTelemetryShapes } from './foreign/opentelemetry.ts';
import { prometheusNetShapes } from './foreign/prometheus-net.ts';
import { faultsName } from './own/self.ts';
import { allVocabularies } from './vocabularies/all.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * Every shape that an endpoint's calls can have: those of the vocabularies, then those of other libraries.
 *
 * An endpoint can expose the same calls in several shapes. The first one is meant.
 */
export function readableShapes(vocabularies: readonly Vocabulary[] = allVocabularies): readonly CallShape[] {
  return [...vocabularies.flatMap(({ server, client }) => [server.shape, client.shape]), ...foreignShapes];
}

const foreignShapes: readonly CallShape[] = [
  ...goLikeShapes,
  ...openTelemetryShapes,
  ...micrometerShapes,
  ...openCensusShapes,
  ...prometheusNetShapes,
  ...goZeroShapes,
  ...envoyShapes,
];

/** Families that show that an endpoint exposes calls, even before the first call. The first is on every endpoint of ours. */
export function tellingFamilies(shapes: readonly CallShape[]): readonly string[] {
  const families = shapes.flatMap(({ requests, durations }) => [requests.family, requests.sample, durations]);
  return [...new Set([faultsName, ...families])];
}
