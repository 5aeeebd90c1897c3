import { checkBuckets } from '../core/buckets.ts';
import { checkKeys } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { invalidOption, MetricsError } from '../core/errors.ts';
import { checkLabelNames, isMetricName } from '../core/names.ts';
import { printable } from '../core/printable.ts';
import type { Labels } from '../core/snapshot.ts';
import { allVocabularies, type VocabularyName } from './vocabularies/all.ts';
import { basic } from './vocabularies/basic.ts';
import type { SpecificOptions, Vocabulary } from './vocabulary.ts';

/** A vocabulary that differs from what its name alone stands for. */
export interface VocabularyOptions<Name extends string = VocabularyName> extends SpecificOptions {
  readonly use: Name;
  /** Goes before each metric's name, with a `_` between. */
  readonly namespace?: string | undefined;
  /** The same on every series. */
  readonly labels?: Labels | undefined;
  /** Upper bounds of the durations, in seconds, increasing. */
  readonly buckets?: readonly number[] | undefined;
  /** Its only metrics, by their names without the namespace; all by default. */
  readonly metrics?: readonly string[] | undefined;
}

/** A vocabulary with the options that the user chose, checked. */
export interface ChosenVocabulary extends Omit<VocabularyOptions, 'use' | 'buckets'> {
  readonly vocabulary: Vocabulary;
  /** Upper bounds of the durations, in seconds. */
  readonly bounds: readonly number[];
}

/**
 * Returns the vocabularies that `naming` chooses, in the order of a scrape.
 *
 * `buckets` are the bounds of `basic`, `callLabels` the names of the user's labels of calls.
 * Throws `invalid_option`, `invalid_buckets` or `invalid_label`.
 */
export function chooseVocabularies(
  naming: readonly (string | VocabularyOptions<string>)[] = [basic.name],
  buckets: readonly number[] = basic.bounds,
  callLabels: readonly string[] = [],
  vocabularies: readonly Vocabulary[] = allVocabularies,
): readonly ChosenVocabulary[] {
  if (!Array.isArray(naming) || naming.length === 0) {
    throw invalidOption(
      `naming must be an array of vocabularies (${listNames(vocabularies)}), not ${printable(naming)}`,
    );
  }
  const chosen = new Map<Vocabulary, ChosenVocabulary>();
  for (const entry of naming as readonly (string | VocabularyOptions<string>)[]) {
    const options = typeof entry === 'string' ? { use: entry } : entry;
    const vocabulary = vocabularies.find(({ name }) => name === options?.use);
    if (vocabulary === undefined) {
      throw invalidOption(`naming: there is no vocabulary ${printable(options?.use)}, but ${listNames(vocabularies)}`);
    }
    checkOptions(vocabulary, options, callLabels, vocabularies);
    const { use, buckets: own, labels = {}, ...rest } = options;
    if (chosen.has(vocabulary)) throw invalidOption(`naming has "${use}" twice: each vocabulary can be there once`);
    const bounds = checkBuckets('request durations', own ?? (vocabulary === basic ? buckets : vocabulary.bounds));
    chosen.set(vocabulary, { ...rest, vocabulary, bounds, labels: { ...labels } }); // the caller's object may change
  }
  return vocabularies.flatMap((vocabulary) => chosen.get(vocabulary) ?? []);
}

/** The names of vocabularies, as words for a message. */
export function listNames(vocabularies: readonly Vocabulary[]): string {
  return vocabularies.map(({ name }) => name).join(', ');
}

/** Whether one of the vocabularies names the targets of calls. */
export function namesTargets(chosen: readonly ChosenVocabulary[]): boolean {
  return chosen.some(({ vocabulary }) => vocabulary.seesTargets);
}

/** Returns all bounds of the vocabularies, and `more`, increasing. A store that records them makes each vocabulary exact. */
export function unionOfBounds(chosen: readonly ChosenVocabulary[], more: readonly number[] = []): readonly number[] {
  return [...new Set([...chosen.flatMap(({ bounds }) => bounds), ...more])].sort((left, right) => left - right);
}

/** The options that every vocabulary has. */
const commonOptions: readonly string[] = ['use', 'namespace', 'labels', 'buckets', 'metrics'];

function checkOptions(
  vocabulary: Vocabulary,
  options: VocabularyOptions<string>,
  callLabels: readonly string[],
  vocabularies: readonly Vocabulary[],
): void {
  const { use, namespace, labels = {}, metrics } = options;
  if (namespace !== undefined && !isMetricName(namespace)) {
    throw invalidOption(
      `naming: namespace ${printable(namespace)} of "${use}" must be the beginning of a metric's name`,
    );
  }
  if (metrics !== undefined && (!Array.isArray(metrics) || metrics.length === 0)) {
    throw invalidOption(`naming: metrics of "${use}" must be an array of at least one name, not ${printable(metrics)}`);
  }
  checkObject(`naming: labels of "${use}" must be an object of texts by name`, labels);
  const specific = vocabularies.flatMap((owner) => owner.options.map((option) => [option, owner.name] as const));
  checkKeys(`naming: "${use}"`, options, [...commonOptions, ...specific.map(([option]) => option)]);
  for (const [option, owner] of specific) {
    if (options[option] === undefined || vocabulary.options.includes(option)) continue;
    throw invalidOption(`naming: ${option} is of "${owner}", not of "${use}"`);
  }
  checkLabels(vocabulary, labels, callLabels);
}

function checkLabels({ name: use, labels: own }: Vocabulary, labels: Labels, callLabels: readonly string[]): void {
  const names = Object.keys(labels);
  checkLabelNames(`naming: ${use}`, 'histogram', names);
  for (const name of names) {
    if (typeof labels[name] !== 'string') {
      throw invalidLabel(`naming: ${name} of "${use}" must be text, not ${printable(labels[name])}`);
    }
    if (own.includes(name)) {
      throw invalidLabel(`naming: ${name} is a label of "${use}" itself: rename yours`);
    }
    if (callLabels.includes(name)) {
      const remedy = 'rename one, or leave it out here where it is to be the same';
      throw invalidLabel(`naming: ${name} of "${use}" is also one of \`labels\`: ${remedy}`);
    }
  }
}

function invalidLabel(message: string): MetricsError {
  return new MetricsError('invalid_label', message);
}
