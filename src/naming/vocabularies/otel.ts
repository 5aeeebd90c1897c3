import type { Collector } from '../../core/registry.ts';
import type { Labels } from '../../core/snapshot.ts';
import { unknownMethod } from '../../rpc/server-store.ts';
import { serverFaults, status, statusNames } from '../../rpc/status.ts';
import type { CallNumbers } from '../../rpc/store-numbers.ts';
import { type CallShape, countOf, type Side } from '../call-shape.ts';
import { collectorOf, durationsByStatus, durationsWithin, type LabelsOf, perMethod } from '../projection.ts';
import type { ProjectionOptions, Vocabulary } from '../vocabulary.ts';
import { serverOf } from './target.ts';

const server = shapeOf('server');
const client = shapeOf('client');

/**
 * The semantic conventions for RPC metrics, version 1.45.0, as OpenTelemetry's Prometheus exporter writes them.
 *
 * The conventions for gRPC decide what is an error: on a server the server's faults, on a client every status but OK.
 * Source: https://github.com/open-telemetry/semantic-conventions/blob/v1.45.0/docs/rpc/rpc-metrics.md
 */
export const otel: Vocabulary<'otel'> = {
  name: 'otel',
  // The boundaries that the conventions advise.
  bounds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  labels: ['error_type', 'rpc_method', 'rpc_status_code', 'rpc_system_name', 'server_address', 'server_port'],
  reservedPrefixes: ['rpc_', 'server_', 'network_'],
  seesTargets: true,
  options: [],
  server: {
    shape: server,
    project: (store, options) =>
      project(server, 'Duration of incoming RPCs', store, (code) => serverFaults.includes(code), options),
  },
  client: {
    shape: client,
    project: (store, options) =>
      project(client, 'Duration of outgoing RPCs', store, (code) => code !== status.OK, options),
  },
};

/** `rpc.server.call.duration` and `rpc.client.call.duration`, unit `s`. */
function shapeOf(side: Side): CallShape {
  const durations = `rpc_${side}_call_duration_seconds`;
  return {
    side,
    method: { label: 'rpc_method', form: 'service/method' },
    status: { label: 'rpc_status_code', codes: statusNames },
    requests: countOf(durations),
    durations,
    startsAtZero: false,
  };
}

function project(
  { durations }: CallShape,
  help: string,
  store: CallNumbers,
  isError: (code: number) => boolean,
  { bounds = store.bounds }: ProjectionOptions = {},
): Collector {
  const read = durationsWithin(store, bounds);
  const statusOf = (code: number): Labels => {
    const name = statusNames[code]!;
    return isError(code) ? { error_type: name, rpc_status_code: name } : { rpc_status_code: name };
  };
  const series = () =>
    perMethod(
      store,
      (method) => {
        const labels = labelsOf(method);
        return durationsByStatus(method, read, (code) => ({ ...labels, ...statusOf(code) }));
      },
      (target) => JSON.stringify(serverOf(target)),
    );
  return collectorOf([{ name: durations, type: 'histogram', help, read: series }]);
}

/** `pkg.Service/Method`; `_OTHER` for methods that the server does not have, `other` for methods beyond the limit. */
const labelsOf: LabelsOf = ({ path, labels, target }) => {
  const method = path === unknownMethod ? '_OTHER' : path.replace(/^\//, '');
  return { rpc_method: method, rpc_system_name: 'grpc', ...(target !== undefined && serverLabels(target)), ...labels };
};

function serverLabels(target: string): Labels {
  const { address, port } = serverOf(target);
  return port === undefined ? { server_address: address } : { server_address: address, server_port: port };
}

/** The attributes of the conventions, by the label that OpenTelemetry's exporter for Prometheus makes of each. */
const attributes: ReadonlyMap<string, string> = new Map([
  ['error_type', 'error.type'],
  ['rpc_method', 'rpc.method'],
  ['rpc_status_code', 'rpc.status_code'],
  ['rpc_system_name', 'rpc.system.name'],
  ['server_address', 'server.address'],
  ['server_port', 'server.port'],
]);

/** The version of the conventions, as OTLP says it. */
export const otelSchemaUrl = 'https://opentelemetry.io/schemas/1.45.0';

/** The instrument that OpenTelemetry's exporter for Prometheus writes under the name of a family of this vocabulary. */
export function otelInstrument(family: string): { readonly name: string; readonly unit: string } {
  return { name: family.replace(/_seconds$/, '').replaceAll('_', '.'), unit: 's' };
}

/** The attributes that the exporter writes as these labels of a call. A port is a number. Labels of the user keep their names. */
export function otelAttributes(labels: Labels): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [
      attributes.get(label) ?? label,
      label === 'server_port' ? Number(value) : value,
    ]),
  );
}
