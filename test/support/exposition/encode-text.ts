import type { MetricFamily } from '../../../src/core/snapshot.ts';
import { text } from '../../../src/encode/text.ts';

/** A snapshot in text 0.0.4, in one piece. */
export function encodeText(families: readonly MetricFamily[]): string {
  return Array.from(text.encode(families)).join('');
}
