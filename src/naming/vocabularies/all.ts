import type { Vocabulary } from '../vocabulary.ts';
import { basic } from './basic.ts';
import { go } from './go.ts';
import { grpc } from './grpc.ts';
import { otel } from './otel.ts';

/** `basic` is ours, `go` go-grpc-prometheus's, `grpc` gRPC's own (A66), `otel` OpenTelemetry's semantic conventions. */
export type VocabularyName = 'basic' | 'go' | 'grpc' | 'otel';

/** Every vocabulary, in the order of a scrape. */
export const allVocabularies: readonly Vocabulary<VocabularyName>[] = [basic, go, grpc, otel];

export const vocabularyNames: readonly VocabularyName[] = allVocabularies.map(({ name }) => name);
