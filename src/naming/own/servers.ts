import type { Collector } from '../../core/registry.ts';
import type { ServerStore } from '../../rpc/server-store.ts';

/** Whether a server drains, or has shut down without another in its place. */
const draining = {
  name: 'grpc_server_draining',
  type: 'gauge',
  help: 'Whether a server has stopped accepting calls: 1 while it drains and after it has shut down',
} as const;

/** Of TLS: the certificate of the last handshake of each server. Of several it is the one that expires first. */
const expiry = {
  name: 'grpc_server_certificate_expiry_timestamp_seconds',
  type: 'gauge',
  help: 'When the certificate that the server presents expires, in seconds since 1970',
} as const;

/** Gauges of which the smallest counts, where there are several processes. */
export const leastOfServers: readonly string[] = [expiry.name];

/** What the library says of the servers themselves, whatever vocabulary names their calls. */
export function serverMetrics({ servers, certificateExpiry }: ServerStore): Collector {
  return {
    families: [draining, expiry],
    collect: () => {
      const { state } = servers;
      const value = state === 'draining' || state === 'closed' ? 1 : 0;
      const times = Array.from(certificateExpiry.values());
      return [
        { ...draining, series: [{ labels: {}, value }] },
        { ...expiry, series: times.length === 0 ? [] : [{ labels: {}, value: Math.min(...times) }] },
      ];
    },
  };
}
