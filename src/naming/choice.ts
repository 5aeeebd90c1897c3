import { checkKeys, keysOf, renamedTo } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { checkBoolean } from '../core/check-type.ts';
import { invalidOption, MetricsError } from '../core/errors.ts';
import { checkLabelNames, isMetricName } from '../core/names.ts';
import { quoted } from '../core/printable.ts';
import type { Labels } from '../core/snapshot.ts';
import { type MethodBounds, uniteBounds } from '../rpc/methods/method-bounds.ts';
import { type DurationBuckets, readBuckets } from './duration-buckets.ts';
import { allVocabularies, type VocabularyName } from './vocabularies/all.ts';
import { basic } from './vocabularies/basic.ts';
import type { SpecificOptions, Vocabulary } from './vocabulary.ts';

/** A vocabulary with options: `{ use: 'go', namespace: 'shop' }`. */
export interface VocabularyOptions<Name extends string = VocabularyName> extends SpecificOptions {
  /** The name of the vocabulary. */
  readonly use: Name;
  /** Prefix of each metric's name: `shop` makes `shop_grpc_server_handled_total`. By default none. */
  readonly namespace?: string | undefined;
  /** Labels that every series of this vocabulary has. By default none. */
  readonly constantLabels?: Labels | undefined;
  /** Upper bounds of the durations, in seconds, increasing. By default those that the vocabulary's own documents advise. */
  readonly buckets?: DurationBuckets | undefined;
  /** The only metrics to expose, by their names without the namespace. By default all. */
  readonly metrics?: readonly string[] | undefined;
  /** Metrics that are not exposed, by their names without the namespace. By default none. */
  readonly without?: readonly string[] | undefined;
  /** Whether histograms are exposed. Most lines of a scrape are theirs. By default they are. */
  readonly histograms?: boolean | undefined;
}

/** A vocabulary with the options that the user chose, checked. */
export interface ChosenVocabulary extends Omit<VocabularyOptions, 'use' | 'buckets'> {
  readonly vocabulary: Vocabulary;
  /** Upper bounds of the durations, in seconds. */
  readonly bounds: MethodBounds;
}

/**
 * Returns the vocabularies that `naming` chooses, in the order of a scrape.
 *
 * `buckets` are those of `basic`, `callLabels` the names of the user's labels of calls.
 * Throws `invalid_option`, `invalid_buckets` or `invalid_label`.
 */
export function chooseVocabularies(
  naming: readonly (string | VocabularyOptions<string>)[] = [basic.name],
  buckets?: DurationBuckets,
  callLabels: readonly string[] = [],
  vocabularies: readonly Vocabulary[] = allVocabularies,
): readonly ChosenVocabulary[] {
  if (!Array.isArray(naming) || naming.length === 0) {
    throw invalidOption(`naming must be an array of vocabularies (${listNames(vocabularies)}), not ${quoted(naming)}`);
  }
  const chosen = new Map<Vocabulary, ChosenVocabulary>();
  for (const entry of naming as readonly (string | VocabularyOptions<string>)[]) {
    const options = typeof entry === 'string' ? { use: entry } : entry;
    checkObject('naming: a vocabulary must be a name or an object with `use`', options);
    if (options.use === undefined) checkKeys('naming', options, commonKeys);
    const vocabulary = vocabularies.find(({ name }) => name === options.use);
    if (vocabulary === undefined) {
      throw invalidOption(`naming: there is no vocabulary ${quoted(options.use)}, but ${listNames(vocabularies)}`);
    }
    checkOptions(vocabulary, options, callLabels, vocabularies);
    const { use, buckets: own = vocabulary === basic ? buckets : undefined, ...rest } = options;
    if (chosen.has(vocabulary)) throw invalidOption(`naming has "${use}" twice: each vocabulary can be there once`);
    const bounds = readBuckets('request durations', own, vocabulary.bounds);
    const constantLabels = { ...options.constantLabels }; // the caller's object may change
    chosen.set(vocabulary, { ...rest, vocabulary, bounds, constantLabels });
  }
  if (buckets !== undefined && !chosen.has(basic)) {
    throw invalidOption("buckets are those of basic, which naming does not have: write { use: 'go', buckets }");
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
export function unionOfBounds(chosen: readonly ChosenVocabulary[], more?: readonly number[]): MethodBounds {
  return uniteBounds(
    chosen.map(({ bounds }) => bounds),
    more,
  );
}

const commonKeys = keysOf<Omit<VocabularyOptions, keyof SpecificOptions>>({
  use: true,
  namespace: true,
  constantLabels: true,
  buckets: true,
  metrics: true,
  without: true,
  histograms: true,
});

function checkOptions(
  vocabulary: Vocabulary,
  options: VocabularyOptions<string>,
  callLabels: readonly string[],
  vocabularies: readonly Vocabulary[],
): void {
  const { use, namespace, constantLabels = {}, metrics, without, histograms } = options;
  const specific = vocabularies.flatMap((owner) =>
    owner.options.map((option) => [option, `an option of "${owner.name}"`]),
  );
  checkKeys(`naming: "${use}"`, options, [...commonKeys, ...vocabulary.options], {
    ...Object.fromEntries(specific),
    labels: renamedTo('constantLabels'),
  });
  for (const option of vocabulary.options) checkBoolean(`naming: ${option} of "${use}"`, options[option]);
  if (namespace !== undefined && !isMetricName(namespace)) {
    throw invalidOption(`naming: namespace ${quoted(namespace)} of "${use}" must be the beginning of a metric's name`);
  }
  if (metrics !== undefined && (!Array.isArray(metrics) || metrics.length === 0)) {
    throw invalidOption(`naming: metrics of "${use}" must be an array of at least one name, not ${quoted(metrics)}`);
  }
  if (without !== undefined && !Array.isArray(without)) {
    throw invalidOption(`naming: without of "${use}" must be an array of names, not ${quoted(without)}`);
  }
  checkBoolean(`naming: histograms of "${use}"`, histograms);
  checkObject(`naming: constantLabels of "${use}" must be an object, such as { region: 'eu' }`, constantLabels);
  checkLabels(vocabulary, constantLabels, callLabels);
}

function checkLabels({ name: use, labels: own }: Vocabulary, labels: Labels, callLabels: readonly string[]): void {
  const names = Object.keys(labels);
  checkLabelNames(`naming: ${use}`, 'histogram', names);
  for (const name of names) {
    if (typeof labels[name] !== 'string') {
      throw invalidLabel(`naming: ${name} of "${use}" must be a text, not ${quoted(labels[name])}`);
    }
    if (own.includes(name)) {
      throw invalidLabel(`naming: ${name} is a label of "${use}" itself: rename yours`);
    }
    if (callLabels.includes(name)) {
      const remedy = 'rename one, or leave it out here where it is to be the same';
      throw invalidLabel(`naming: ${name} of "${use}" is also one of \`callLabels\`: ${remedy}`);
    }
  }
}

function invalidLabel(message: string): MetricsError {
  return new MetricsError('invalid_label', message);
}
