import type { Histogram } from '../../core/histogram.ts';
import type { Collector } from '../../core/registry.ts';

/** What serving scrapes counts of itself. */
export interface ScrapeNumbers {
  /** Answers by HTTP status. */
  readonly requests: Readonly<Record<string, number>>;
  readonly inFlight: number;
  /** Failed scrapes by cause. */
  readonly errors: Readonly<Record<string, number>>;
  /** In seconds. */
  readonly duration: Histogram;
  /** In bytes. */
  readonly size: number;
}

/** The first three are named as client_golang's promhttp names them, so that its dashboards and alerts keep working. */
const requests = {
  name: 'promhttp_metric_handler_requests_total',
  type: 'counter',
  help: 'Scrapes answered, by HTTP status code',
} as const;
const inFlight = {
  name: 'promhttp_metric_handler_requests_in_flight',
  type: 'gauge',
  help: 'Scrapes in progress',
} as const;
const errors = {
  name: 'promhttp_metric_handler_errors_total',
  type: 'counter',
  help: 'Scrapes that failed, by cause: gathering or encoding',
} as const;
const duration = {
  name: 'grpc_vitals_scrape_duration_seconds',
  type: 'histogram',
  help: 'Time until the answer to a scrape is ready to be sent',
} as const;
const size = {
  name: 'grpc_vitals_scrape_size_bytes',
  type: 'gauge',
  help: 'Size of the last complete scrape before compression',
} as const;

/** Names that `check` looks for. */
export const scrapeNames: Readonly<Record<'requests' | 'inFlight', string>> = {
  requests: requests.name,
  inFlight: inFlight.name,
};

/** What the endpoint says of itself, each label value from zero. */
export function scrape(numbers: ScrapeNumbers): Collector {
  return {
    families: [requests, inFlight, errors, duration, size],
    collect: () => [
      { ...requests, series: Object.entries(numbers.requests).map(([code, value]) => ({ labels: { code }, value })) },
      { ...inFlight, series: [{ labels: {}, value: numbers.inFlight }] },
      { ...errors, series: Object.entries(numbers.errors).map(([cause, value]) => ({ labels: { cause }, value })) },
      { ...duration, series: [numbers.duration.live({})] },
      { ...size, series: [{ labels: {}, value: numbers.size }] },
    ],
  };
}
