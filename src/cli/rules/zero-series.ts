import { readableNames } from '../../naming/readable.ts';
import { type Exposition, seriesKey } from '../exposition/exposition.ts';
import { formatSeries, type LabelPairs } from '../exposition/sample-line.ts';
import type { Problem } from '../problem.ts';

/** Methods without a series for OK or for a server's fault: `rate()` does not see the first, and ratios have gaps. */
export function* zeroSeries({ families }: Exposition): Generator<Problem> {
  for (const { handled, status, expected, zeroInitialised } of readableNames) {
    const family = zeroInitialised ? families.get(handled) : undefined;
    const groups = new Map<string, { labels: LabelPairs; statuses: Set<string> }>();
    for (const { labels } of family?.samples ?? []) {
      const rest = labels.filter(([label]) => label !== status);
      const key = seriesKey('', rest);
      const group = groups.get(key) ?? { labels: rest, statuses: new Set() };
      groups.set(key, group);
      for (const [label, value] of labels) if (label === status) group.statuses.add(value);
    }
    for (const { labels, statuses } of groups.values()) {
      const missing = expected.filter((name) => !statuses.has(name));
      if (missing.length === 0) continue;
      yield {
        severity: 'warning',
        rule: 'missing_zero_series',
        subject: formatSeries(handled, labels),
        problem: `no series for ${missing.join(', ')}: rate() will not see the first`,
        remedy: 'expose them at 0 before the first call; go-grpc-prometheus does with InitializeMetrics',
      };
    }
  }
}
