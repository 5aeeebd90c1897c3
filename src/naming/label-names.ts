import { checkObject } from '../core/check-object.ts';
import { ConstantLabels } from '../core/constant-labels.ts';
import { MetricsError } from '../core/errors.ts';
import { checkLabelNames } from '../core/names.ts';
import { quoted } from '../core/printable.ts';
import type { Labels } from '../core/snapshot.ts';
import type { Faults } from '../rpc/faults.ts';
import { CallLabels, type CallLabelsSpec } from '../rpc/limits/call-labels.ts';
import { allVocabularies } from './vocabularies/all.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Labels of histograms and summaries in every format. */
const ofFormats: readonly string[] = ['le', 'quantile'];

/** Labels of the library's own metrics that say where calls come from. */
const ofOrigins: readonly string[] = ['service', 'side'];

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
  const taken = new Set([...ofFormats, ...ofOrigins, ...vocabularies.flatMap(({ labels }) => labels)]);
  const prefixes = vocabularies.flatMap(({ reservedPrefixes }) => reservedPrefixes);
  const unfit = names.find((name) => taken.has(name) || prefixes.some((prefix) => name.startsWith(prefix)));
  if (unfit === undefined) return new CallLabels(spec, faults);
  throw new MetricsError('invalid_label', `callLabels: "${unfit}" is a label of the library's own metrics: rename it`);
}

/**
 * Returns the user's labels of every series.
 *
 * Throws `invalid_label` for a name that is no label, for a value that is no text, and for a label by which a vocabulary
 * or a format tells series apart: on series without it a constant would say something else than on those with it.
 */
export function constantLabels(
  given: Labels = {},
  vocabularies: readonly Vocabulary[] = allVocabularies,
): ConstantLabels {
  checkObject("constantLabels must be an object, such as { region: 'eu' }", given);
  checkLabelNames('constantLabels', 'histogram', Object.keys(given));
  const taken = new Set([...ofFormats, ...vocabularies.flatMap(({ labels }) => labels)]);
  for (const [name, value] of Object.entries(given)) {
    if (taken.has(name)) {
      const problem = `constantLabels: "${name}" is a label of the library's own metrics: rename it`;
      throw new MetricsError('invalid_label', problem);
    }
    if (typeof value === 'string') continue;
    throw new MetricsError('invalid_label', `constantLabels: ${name} must be a text, not ${quoted(value)}`);
  }
  return new ConstantLabels(given);
}
