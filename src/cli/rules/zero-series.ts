import { type Exposition, samplesOf, seriesKey } from '../../decode/exposition.ts';
import type { Problem } from '../../decode/problem.ts';
import { formatSeries, type LabelPairs } from '../../decode/sample-line.ts';
import { readableNames } from '../../naming/readable.ts';

/** Methods without a series for OK or for a server's fault: `rate()` does not see the first, and ratios have gaps. */
export function* zeroSeries({ families }: Exposition): Generator<Problem> {
  for (const { handled, status, zeros } of readableNames) {
    if (zeros === undefined) continue;
    const [name, label] = [handled[0]!, status[0]!];
    const groups = new Map<string, { labels: LabelPairs; statuses: Set<string> }>();
    for (const { labels } of samplesOf(families, name)) {
      if (!Object.entries(zeros.where).every((where) => matches(labels, where))) continue;
      const rest = labels.filter(([other]) => other !== label);
      const key = seriesKey('', rest);
      const group = groups.get(key) ?? { labels: rest, statuses: new Set() };
      groups.set(key, group);
      for (const [other, value] of labels) if (other === label) group.statuses.add(value);
    }
    for (const { labels, statuses } of groups.values()) {
      const missing = zeros.statuses.filter((wanted) => !statuses.has(wanted));
      if (missing.length === 0) continue;
      yield {
        severity: 'warning',
        rule: 'missing_zero_series',
        subject: formatSeries(name, labels),
        problem: `no series for ${missing.join(', ')}: rate() will not see the first`,
        remedy: 'expose them at 0 before the first call; go-grpc-prometheus does with InitializeMetrics',
      };
    }
  }
}

function matches(labels: LabelPairs, [label, values]: readonly [string, readonly string[]]): boolean {
  return labels.some(([name, value]) => name === label && values.includes(value));
}
