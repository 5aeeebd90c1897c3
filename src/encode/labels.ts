import type { Labels } from '../core/snapshot.ts';

/** `a="b",c="d"`, as both text formats write labels. */
export function labelText(labels: Labels): string {
  let text = '';
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escapeQuoted(labels[name]!)}"`;
  return text;
}

/** The labels as they stand behind a sample's name: nothing when there are none. */
export function braces(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

/** What stands between double quotes; OpenMetrics escapes help texts the same way. */
export function escapeQuoted(value: string): string {
  if (!/[\\\n"]/.test(value)) return value;
  return value.replace(/[\\\n"]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
