import type { Collector } from '../../core/registry.ts';
import type { Labels } from '../../core/snapshot.ts';
import { unknownMethod } from '../../rpc/server-store.ts';
import { serverFaults, status, statusNames } from '../../rpc/status.ts';
import type { CallStore } from '../../rpc/store.ts';
import { durationsByStatus, durationsWithin, type LabelsOf, perMethod } from '../projection.ts';
import { serverOf } from './target.ts';

/** `rpc.server.call.duration`, unit `s`. */
const serverDuration = {
  name: 'rpc_server_call_duration_seconds',
  type: 'histogram',
  help: 'Duration of incoming remote procedure calls',
} as const;

/** `rpc.client.call.duration`, unit `s`. */
const clientDuration = {
  name: 'rpc_client_call_duration_seconds',
  type: 'histogram',
  help: 'Duration of outgoing remote procedure calls',
} as const;

/** The boundaries that the conventions advise, in seconds. */
export const otelBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** The names of its families, without a namespace. */
export const otelNames: Readonly<Record<'server' | 'client', string>> = {
  server: serverDuration.name,
  client: clientDuration.name,
};

export const otelLabels: readonly string[] = [
  'error_type',
  'rpc_method',
  'rpc_status_code',
  'rpc_system_name',
  'server_address',
  'server_port',
];

/**
 * The semantic conventions for RPC metrics, version 1.45.0, as OpenTelemetry's Prometheus exporter writes them, server side.
 * What is an error is decided as the conventions for gRPC say: on a server, what is the server's fault.
 * Source: https://github.com/open-telemetry/semantic-conventions/blob/v1.45.0/docs/rpc/rpc-metrics.md
 */
export function otelServer(store: CallStore, bounds: readonly number[] = store.bounds): Collector {
  return collector(serverDuration, store, bounds, (code) => serverFaults.includes(code));
}

/** The client side: every status but OK is an error. */
export function otelClient(store: CallStore, bounds: readonly number[] = store.bounds): Collector {
  return collector(clientDuration, store, bounds, (code) => code !== status.OK);
}

function collector(
  family: typeof serverDuration | typeof clientDuration,
  store: CallStore,
  bounds: readonly number[],
  isError: (code: number) => boolean,
): Collector {
  const read = durationsWithin(store, bounds);
  const statusOf = (code: number): Labels => {
    const name = statusNames[code]!;
    return isError(code) ? { error_type: name, rpc_status_code: name } : { rpc_status_code: name };
  };
  return {
    families: [family],
    collect: () => [
      {
        ...family,
        series: perMethod(
          store,
          (method) => {
            const labels = labelsOf(method);
            return durationsByStatus(method, read, (code) => ({ ...labels, ...statusOf(code) }));
          },
          (target) => JSON.stringify(serverOf(target)),
        ),
      },
    ],
  };
}

/** `pkg.Service/Method`; `_OTHER` for methods that the server does not have, `other` for those beyond the limit of ours. */
const labelsOf: LabelsOf = ({ path, labels, target }) => {
  const method = path === unknownMethod ? '_OTHER' : path.replace(/^\//, '');
  return { rpc_method: method, rpc_system_name: 'grpc', ...(target !== undefined && serverLabels(target)), ...labels };
};

function serverLabels(target: string): Labels {
  const { address, port } = serverOf(target);
  return port === undefined ? { server_address: address } : { server_address: address, server_port: port };
}
