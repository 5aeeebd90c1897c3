import type { Collector } from '../../core/registry.ts';
import type { Servers } from '../../rpc/servers.ts';

/** Whether a server drains, or has shut down without another in its place. */
const draining = {
  name: 'grpc_server_draining',
  type: 'gauge',
  help: 'Whether a server has stopped accepting calls: 1 while it drains and after it has shut down',
} as const;

/** What the library says of the servers themselves, whatever vocabulary names their calls. */
export function serverMetrics(servers: Servers): Collector {
  return {
    families: [draining],
    collect: () => {
      const { state } = servers;
      const value = state === 'draining' || state === 'closed' ? 1 : 0;
      return [{ ...draining, series: [{ labels: {}, value }] }];
    },
  };
}
