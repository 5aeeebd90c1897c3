import { formatSeries } from '../../decode/labels.ts';
import type { CreateRule } from './rule.ts';

/** Prometheus takes no sample that is older than this, in seconds: half of the span of its newest block. */
const oldest = 3600;
/** Nor one that is further in the future. */
const latest = 600;

/** Timestamps that Prometheus does not take: it drops the sample, and says so in its log alone. */
export const timestamps: CreateRule = (report, { now }) => ({
  sample: (_family, { name, labels, timestamp, line }) => {
    if (timestamp === undefined || (timestamp > now - oldest && timestamp < now + latest)) return;
    const isPast = timestamp < now;
    // Milliseconds taken for seconds, or the other way round, are a factor of 1000 off.
    const isUnit = Math.abs((isPast ? timestamp * 1000 : timestamp / 1000) - now) < 10 * 365 * 86_400;
    const when = Math.abs(timestamp) < 8.64e12 ? new Date(timestamp * 1000).toISOString() : `${timestamp} s`;
    report({
      severity: 'error',
      rule: 'timestamp_out_of_bounds',
      subject: formatSeries(name, labels),
      line,
      problem: `its time is ${when}, ${isPast ? 'long ago' : 'in the future'}: Prometheus drops it`,
      remedy: isUnit
        ? `is the unit right? The text format has milliseconds, OpenMetrics seconds`
        : 'leave the timestamp out, so that the time of the scrape counts',
    });
  },
});
