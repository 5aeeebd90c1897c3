import { MetricsError } from '../core/errors.ts';
import { checkLabelNames } from '../core/names.ts';
import { printable } from '../core/printable.ts';
import type { Faults } from '../rpc/faults.ts';
import { CallLabels, type CallLabelsSpec } from '../rpc/limits/call-labels.ts';

/** Labels that metrics of calls have in some vocabulary, or that formats have for themselves. */
const taken: ReadonlySet<string> = new Set([
  'error_type',
  'le',
  'method',
  'quantile',
  'reason',
  'service',
  'side',
  'state',
  'status',
  'target',
]);

/** The prefixes of go-grpc-prometheus and gRFC A66, and of OpenTelemetry's conventions for RPCs. */
const takenPrefixes: readonly string[] = ['grpc_', 'rpc_', 'server_', 'network_'];

/** The user's labels of calls; undefined where there are none. Throws `invalid_label`. */
export function callLabels(spec: CallLabelsSpec | undefined, faults: Faults): CallLabels | undefined {
  if (spec === undefined) return undefined;
  if (typeof spec !== 'object' || spec === null) {
    throw new MetricsError('invalid_label', `labels must be an object of labels by name, not ${printable(spec)}`);
  }
  const names = Object.keys(spec);
  checkLabelNames('labels', 'histogram', names);
  const unfit = names.find((name) => taken.has(name) || takenPrefixes.some((prefix) => name.startsWith(prefix)));
  if (unfit === undefined) return new CallLabels(spec, faults);
  throw new MetricsError('invalid_label', `labels: "${unfit}" is a name that metrics of calls use: rename it`);
}
