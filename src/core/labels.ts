import type { Labels } from './snapshot.ts';

/**
 * `a="b",c="d"`: labels in the notation of Prometheus's data model, as its text formats write them.
 *
 * No other labels have it, so that it is the key of a series in its family.
 */
export function labelsKey(labels: Labels): string {
  let key = '';
  for (const name in labels) key += `${key === '' ? '' : ','}${name}="${escapeQuoted(labels[name]!)}"`;
  return key;
}

/** What stands between double quotes; OpenMetrics escapes help texts the same way. */
export function escapeQuoted(value: string): string {
  if (!/[\\\n"]/.test(value)) return value;
  return value.replace(/[\\\n"]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
