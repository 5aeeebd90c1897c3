import { seriesKey } from '../../decode/exposition.ts';
import { formatSeries, type LabelPairs } from '../../decode/labels.ts';
import { ownCopy } from '../../decode/own-copy.ts';
import type { CallShape } from '../../naming/call-shape.ts';
import { readableShapes } from '../../naming/readable-shapes.ts';
import { serverFaults, status as statusCodes } from '../../rpc/status.ts';
import type { CreateRule } from './rule.ts';

/** The statuses of one method. */
interface Group {
  readonly labels: LabelPairs;
  readonly statuses: Set<string>;
}

/** Methods that are looked at. So many are a problem of their own. */
const mostMethods = 10_000;

/** Finds methods without a series for OK or for a server fault: `rate()` does not see the first call, and ratios have gaps. */
export const zeroSeries: CreateRule = (report) => {
  const shapes = readableShapes().filter(({ startsAtZero }) => startsAtZero);
  const groups = new Map<CallShape, Map<string, Group>>(shapes.map((shape) => [shape, new Map()]));
  return {
    sample: (_family, { name, labels }) => {
      for (const shape of shapes) {
        const { requests, status, type } = shape;
        if (name !== requests.sample) continue;
        // Another library can have the same names, and another spelling of the types.
        if (type !== undefined && !labels.some(([label, value]) => label === type.label && type.values.includes(value)))
          continue;
        const rest = labels.filter(([label]) => label !== status.label);
        const key = seriesKey('', rest);
        const known = groups.get(shape)!;
        if (known.size >= mostMethods && !known.has(key)) continue;
        const group = known.get(key) ?? { labels: rest.map(([a, b]) => [ownCopy(a), ownCopy(b)]), statuses: new Set() };
        if (group.statuses.size === 0) known.set(ownCopy(key), group);
        for (const [label, value] of labels) if (label === status.label) group.statuses.add(ownCopy(value));
      }
    },
    finish: () => {
      for (const [{ requests, status }, known] of groups) {
        const expected = [statusCodes.OK, ...serverFaults].map((code) => status.codes[code]!);
        for (const { labels, statuses } of known.values()) {
          const missing = expected.filter((wanted) => !statuses.has(wanted));
          if (missing.length === 0) continue;
          report({
            severity: 'warning',
            rule: 'missing_zero_series',
            subject: formatSeries(requests.sample, labels),
            problem: `no series for ${missing.join(', ')}: rate() will not see the first`,
            remedy: 'expose them at 0 before the first call; go-grpc-prometheus does with InitializeMetrics',
          });
        }
      }
    },
  };
};
