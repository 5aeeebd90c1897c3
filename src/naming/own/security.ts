import type { Collector } from '../../core/registry.ts';
import type { NumberSeries } from '../../core/snapshot.ts';

/** What TLS and users of endpoints count of themselves. */
export interface SecurityNumbers {
  /** Whether an endpoint has had TLS or users. */
  readonly isUsed: boolean;
  readonly endpoints: Iterable<{ readonly expiresAt: number | undefined; readonly isCurrent: boolean | undefined }>;
  readonly handshakeFailures: number;
  /** Requests by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

const expiry = {
  name: 'grpc_vitals_endpoint_certificate_expiry_timestamp_seconds',
  type: 'gauge',
  help: 'When the certificate of the metrics endpoint expires, in seconds since 1970',
} as const;
const handshakes = {
  name: 'grpc_vitals_endpoint_handshake_failures_total',
  type: 'counter',
  help: 'Connections to the metrics endpoint whose TLS handshake failed or whose certificate was refused',
} as const;
const refused = {
  name: 'grpc_vitals_endpoint_requests_refused_total',
  type: 'counter',
  help: 'Requests to the metrics endpoint that were refused, by reason: credentials, attempts, busy or rate',
} as const;
const reload = {
  name: 'grpc_vitals_endpoint_reload_successful',
  type: 'gauge',
  help: 'Whether the metrics endpoint uses its certificate and configuration files as they are now: 1 or 0',
} as const;

/** Gauges of which the smallest counts, where there are several processes. */
export const leastOfSecurity: readonly string[] = [expiry.name, reload.name];

/** What the endpoint says of its TLS and its users: nothing, if it has never had them. */
export function security(numbers: SecurityNumbers): Collector {
  return {
    families: [expiry, handshakes, refused, reload],
    collect: () => {
      if (!numbers.isUsed) return [];
      const endpoints = Array.from(numbers.endpoints);
      const dates = endpoints.flatMap(({ expiresAt }) => expiresAt ?? []);
      const states = endpoints.flatMap(({ isCurrent }) => isCurrent ?? []);
      return [
        { ...expiry, series: dates.length === 0 ? [] : one(Math.min(...dates)) },
        { ...handshakes, series: one(numbers.handshakeFailures) },
        {
          ...refused,
          series: Object.entries(numbers.refused).map(([reason, value]) => ({ labels: { reason }, value })),
        },
        { ...reload, series: states.length === 0 ? [] : one(states.includes(false) ? 0 : 1) },
      ];
    },
  };
}

function one(value: number): NumberSeries[] {
  return [{ labels: {}, value }];
}
