import { type Exposition, samplesOf, seriesKey } from '../../decode/exposition.ts';
import type { Problem } from '../../decode/problem.ts';
import { formatSeries, type LabelPairs } from '../../decode/sample-line.ts';
import { readableShapes } from '../../naming/readable-shapes.ts';
import { serverFaults, status as statusCodes } from '../../rpc/status.ts';

/** Finds methods without a series for OK or for a server fault: `rate()` does not see the first call, and ratios have gaps. */
export function* zeroSeries({ families }: Exposition): Generator<Problem> {
  for (const { requests, status, type, startsAtZero } of readableShapes()) {
    if (!startsAtZero) continue;
    const { label, codes } = status;
    const expected = [statusCodes.OK, ...serverFaults].map((code) => codes[code]!);
    const groups = new Map<string, { labels: LabelPairs; statuses: Set<string> }>();
    for (const { labels } of samplesOf(families, requests.sample)) {
      // Another library can have the same names, and another spelling of the types.
      if (type !== undefined && !labels.some(([name, value]) => name === type.label && type.values.includes(value)))
        continue;
      const rest = labels.filter(([other]) => other !== label);
      const key = seriesKey('', rest);
      const group = groups.get(key) ?? { labels: rest, statuses: new Set() };
      groups.set(key, group);
      for (const [other, value] of labels) if (other === label) group.statuses.add(value);
    }
    for (const { labels, statuses } of groups.values()) {
      const missing = expected.filter((wanted) => !statuses.has(wanted));
      if (missing.length === 0) continue;
      yield {
        severity: 'warning',
        rule: 'missing_zero_series',
        subject: formatSeries(requests.sample, labels),
        problem: `no series for ${missing.join(', ')}: rate() will not see the first`,
        remedy: 'expose them at 0 before the first call; go-grpc-prometheus does with InitializeMetrics',
      };
    }
  }
}
