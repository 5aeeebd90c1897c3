import { checkObject } from '../core/check-object.ts';
import { MetricsError } from '../core/errors.ts';
import { checkLabelNames } from '../core/names.ts';
import type { Faults } from '../rpc/faults.ts';
import { CallLabels, type CallLabelsSpec } from '../rpc/limits/call-labels.ts';
import { allVocabularies } from './vocabularies/all.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Labels that the formats have for themselves, and labels of the library's own metrics that say where calls come from. */
const reserved: readonly string[] = ['le', 'quantile', 'service', 'side'];

/**
 * Returns the user's labels of calls; undefined where there are none.
 *
 * Throws `invalid_label` for a name that is no label, or that a vocabulary reserves.
 */
export function callLabels(
  spec: CallLabelsSpec | undefined,
  faults: Faults,
  vocabularies: readonly Vocabulary[] = allVocabularies,
): CallLabels | undefined {
  if (spec === undefined) return undefined;
  checkObject("callLabels must be an object, such as { region: 'eu' }", spec);
  const names = Object.keys(spec);
  checkLabelNames('callLabels', 'histogram', names);
  const taken = new Set([...reserved, ...vocabularies.flatMap(({ labels }) => labels)]);
  const prefixes = vocabularies.flatMap(({ reservedPrefixes }) => reservedPrefixes);
  const unfit = names.find((name) => taken.has(name) || prefixes.some((prefix) => name.startsWith(prefix)));
  if (unfit === undefined) return new CallLabels(spec, faults);
  throw new MetricsError('invalid_label', `callLabels: "${unfit}" is a label of the library's own metrics: rename it`);
}
