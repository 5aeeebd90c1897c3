import { MetricsError } from '../../core/errors.ts';
import { checkLabelNames } from '../../core/names.ts';
import { quoted } from '../../core/printable.ts';
import type { Collector } from '../../core/registry.ts';
import type { Labels } from '../../core/snapshot.ts';

const serviceInfo = {
  name: 'grpc_service_info',
  type: 'gauge',
  help: 'Service metadata',
} as const;

/** What is known of the service; `service` and `version` are always labels, the others are the user's own. */
export type ServiceInfo = Readonly<{ name: string; version: string } & Record<string, string>>;

export interface ServiceCollector extends Collector {
  /** Of its one series. */
  readonly labels: Labels;
}

/** A gauge that is always 1 and says in its labels what runs. Throws `invalid_label` for what cannot be a label. */
export function service({ name, version, ...own }: ServiceInfo): ServiceCollector {
  if ('service' in own) throw new MetricsError('invalid_label', 'service: { service } is taken by { name }: rename it');
  for (const [label, value] of Object.entries({ name, version, ...own })) {
    if (typeof value === 'string') continue;
    throw new MetricsError('invalid_label', `service: { ${label} } must be a text, not ${quoted(value)}`);
  }
  const labels: Labels = { service: name, version, ...own };
  checkLabelNames(serviceInfo.name, serviceInfo.type, Object.keys(labels));
  return {
    labels,
    families: [serviceInfo],
    collect: () => [{ ...serviceInfo, series: [{ labels, value: 1 }] }],
  };
}
