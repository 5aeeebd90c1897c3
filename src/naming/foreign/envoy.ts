import { statusNames } from '../../rpc/status.ts';
import { type CallShape, counter } from '../call-shape.ts';

/** Name and labels of a series. */
export interface NamedSeries {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
}

/** What `envoySeries` writes. */
const requests = 'envoy_cluster_grpc';
const methodLabel = 'grpc_method';
const statusLabel = 'grpc_status';

/**
 * Envoy's gRPC statistics, as `envoySeries` rewrites them. Envoy makes the calls to a cluster, so it is a client. Durations are
 * in milliseconds.
 */
export const envoyShapes: readonly CallShape[] = [
  {
    side: 'client',
    method: { label: methodLabel, form: 'service/method' },
    status: { label: statusLabel, codes: Array.from(statusNames.keys(), String) },
    requests: counter(requests),
    durations: `${requests}_upstream_rq_time`,
    secondsPerUnit: 0.001,
    startsAtZero: false,
  },
];

const parts = /^envoy_cluster_grpc(?:_(.+?))?_(\d+|upstream_rq_time(?:_bucket|_sum|_count)?)$/;
const serviceTag = 'envoy_grpc_bridge_service';
const methodTag = 'envoy_grpc_bridge_method';

/**
 * A series of Envoy's gRPC statistics with the method's path and the status as labels. Undefined for another series.
 *
 * Envoy names a statistic `cluster.CLUSTER.grpc.PACKAGE.SERVICE.METHOD.STATUS`. It takes one part for the service and one for
 * the method, and leaves what is in between, or behind, in the name of the metric:
 *
 * - `Service.Method`: all is in the labels.
 * - `pkg.v1.Service.Method` up to Envoy 1.20: the service `pkg`, the method `Method`, and `v1_Service` in the name.
 * - The same since then: the service `pkg`, the method `v1`, and `Service_Method` in the name.
 * - Without statistics by method: neither label.
 *
 * A dot in a package and an underscore cannot be told apart in the name; dots are assumed.
 *
 * Sources: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/grpc_stats_filter and
 * https://github.com/envoyproxy/envoy/blob/main/source/common/config/well_known_names.cc
 */
export function envoySeries({ name, labels }: NamedSeries): NamedSeries | undefined {
  const [, rest = '', statistic = ''] = parts.exec(name) ?? [];
  if (statistic === '') return undefined;
  const own = labels.filter(([label]) => label !== serviceTag && label !== methodTag);
  const tag = (wanted: string) => labels.find(([label]) => label === wanted)?.[1] ?? '';
  const path = pathOf(tag(serviceTag), tag(methodTag), rest.split('_').filter(Boolean));
  const isStatus = /^\d/.test(statistic);
  return {
    name: isStatus ? requests : `${requests}_${statistic}`,
    labels: [...own, [methodLabel, path], ...(isStatus ? ([[statusLabel, statistic]] as const) : [])],
  };
}

function pathOf(service: string, method: string, rest: readonly string[]): string {
  if (service === '') return 'all methods';
  if (rest.length === 0) return `${service}/${method}`;
  // The part behind the first is the method in old versions only. Methods begin with a capital, packages do not.
  const isOld = /^[A-Z]/.test(method) && (rest.length > 1 || /^[a-z]/.test(rest[0]!));
  if (isOld) return `${[service, ...rest].join('.')}/${method}`;
  return `${[service, method, ...rest.slice(0, -1)].join('.')}/${rest.at(-1)!}`;
}
