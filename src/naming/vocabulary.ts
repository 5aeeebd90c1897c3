import { checkBuckets, defaultBuckets } from '../core/buckets.ts';
import { checkObject } from '../core/check-object.ts';
import { MetricsError } from '../core/errors.ts';
import { checkLabelNames, isMetricName } from '../core/names.ts';
import { printable } from '../core/printable.ts';
import type { Labels } from '../core/snapshot.ts';
import { basicLabels } from './vocabularies/basic.ts';
import { goBounds, goLabels } from './vocabularies/go.ts';
import { grpcBounds, grpcLabels } from './vocabularies/grpc.ts';
import { otelBounds, otelLabels } from './vocabularies/otel.ts';

/** `basic` is ours, `go` go-grpc-prometheus's, `grpc` gRPC's own (A66), `otel` OpenTelemetry's semantic conventions. */
export type VocabularyName = 'basic' | 'go' | 'grpc' | 'otel';

/** In the order in which a scrape has them. */
export const vocabularyNames: readonly VocabularyName[] = ['basic', 'go', 'grpc', 'otel'];

/** A vocabulary that is to differ from what its name alone gives. */
export interface VocabularyOptions {
  readonly use: VocabularyName;
  /** Goes before each metric's name, with a `_` between. */
  readonly namespace?: string | undefined;
  /** The same on every series. */
  readonly labels?: Labels | undefined;
  /** Upper bounds of the durations, in seconds, increasing. */
  readonly buckets?: readonly number[] | undefined;
  /** Its only metrics, by their names without the namespace; all by default. */
  readonly metrics?: readonly string[] | undefined;
  /** Of `go`: `grpc_code` on the durations too, one histogram for each code that occurred. Off by default. */
  readonly codeOnDurations?: boolean | undefined;
}

/** A vocabulary as it was chosen: checked, with its defaults. */
export interface ChosenVocabulary extends VocabularyOptions {
  readonly buckets: readonly number[];
}

/** Every label that its series can have, besides `le` and the user's. */
const labelNames: Readonly<Record<VocabularyName, readonly string[]>> = {
  basic: basicLabels,
  go: goLabels,
  grpc: grpcLabels,
  otel: otelLabels,
};

/** Upper bounds of durations where nothing else is said, in seconds. */
export const defaultBounds: Readonly<Record<VocabularyName, readonly number[]>> = {
  basic: defaultBuckets,
  go: goBounds,
  grpc: grpcBounds,
  otel: otelBounds,
};

/**
 * The vocabularies that were chosen, in the order in which a scrape has them; `buckets` are those of `basic`, `callLabels` the
 * names of the user's labels of calls.
 * Throws `invalid_option`, `invalid_buckets` or `invalid_label`.
 */
export function chooseVocabularies(
  naming: readonly (VocabularyName | VocabularyOptions)[] = ['basic'],
  buckets: readonly number[] = defaultBounds.basic,
  callLabels: readonly string[] = [],
): readonly ChosenVocabulary[] {
  if (!Array.isArray(naming) || naming.length === 0) {
    throw invalid(`naming must be an array of vocabularies (${vocabularyNames.join(', ')}), not ${printable(naming)}`);
  }
  const chosen = new Map<VocabularyName, ChosenVocabulary>();
  for (const entry of naming as readonly (VocabularyName | VocabularyOptions)[]) {
    const options = checkOptions(typeof entry === 'string' ? { use: entry } : entry, callLabels);
    if (chosen.has(options.use)) throw invalid(`naming has "${options.use}" twice: each vocabulary can be there once`);
    const bounds = options.buckets ?? (options.use === 'basic' ? buckets : defaultBounds[options.use]);
    chosen.set(options.use, { ...options, buckets: checkBuckets('request durations', bounds) });
  }
  return vocabularyNames.flatMap((name) => chosen.get(name) ?? []);
}

/** Whether one of them tells targets apart. */
export function namesTargets(chosen: readonly ChosenVocabulary[]): boolean {
  return chosen.some(({ use }) => use === 'grpc' || use === 'otel');
}

/** All of their bounds and these, increasing: what has to be recorded so that each of them is exact. */
export function unionOfBounds(chosen: readonly ChosenVocabulary[], more: readonly number[] = []): readonly number[] {
  return [...new Set([...chosen.flatMap(({ buckets }) => buckets), ...more])].sort((left, right) => left - right);
}

function checkOptions(options: VocabularyOptions, callLabels: readonly string[]): VocabularyOptions {
  const { use, namespace, labels = {}, metrics, codeOnDurations } = options ?? {};
  if (!vocabularyNames.includes(use)) {
    throw invalid(`naming: there is no vocabulary ${printable(use)}, but ${vocabularyNames.join(', ')}`);
  }
  if (namespace !== undefined && !isMetricName(namespace)) {
    throw invalid(`naming: namespace ${printable(namespace)} of "${use}" must be the beginning of a metric's name`);
  }
  if (metrics !== undefined && (!Array.isArray(metrics) || metrics.length === 0)) {
    throw invalid(`naming: metrics of "${use}" must be an array of at least one name, not ${printable(metrics)}`);
  }
  checkObject(`naming: labels of "${use}" must be an object of texts by name`, labels);
  if (codeOnDurations !== undefined && use !== 'go') {
    throw invalid(`naming: codeOnDurations is of "go", not of "${use}"`);
  }
  checkLabels(use, labels, callLabels);
  return { ...options, labels: { ...labels } }; // the caller's object may change
}

function checkLabels(use: VocabularyName, labels: Labels, callLabels: readonly string[]): void {
  const names = Object.keys(labels);
  checkLabelNames(`naming: ${use}`, 'histogram', names);
  for (const name of names) {
    if (typeof labels[name] !== 'string') {
      throw new MetricsError(
        'invalid_label',
        `naming: ${name} of "${use}" must be text, not ${printable(labels[name])}`,
      );
    }
    if (labelNames[use].includes(name)) {
      throw new MetricsError('invalid_label', `naming: ${name} is a label of "${use}" itself: rename yours`);
    }
    if (callLabels.includes(name)) {
      const remedy = 'rename one, or leave it out here where it is to be the same';
      throw new MetricsError('invalid_label', `naming: ${name} of "${use}" is also one of \`labels\`: ${remedy}`);
    }
  }
}

function invalid(message: string): MetricsError {
  return new MetricsError('invalid_option', message);
}
