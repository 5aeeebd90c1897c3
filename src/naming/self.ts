import { type Faults, stages } from '../core/faults.ts';
import type { Collector } from '../core/registry.ts';

const vitalsErrors = {
  name: 'grpc_vitals_errors_total',
  type: 'counter',
  help: 'Faults inside the metrics library by stage; none of them touched a call',
} as const;

/** What the library says of itself. */
export function self(faults: Faults): Collector {
  return {
    families: [vitalsErrors],
    collect: () => [
      { ...vitalsErrors, series: stages.map((stage) => ({ labels: { stage }, value: faults.counts[stage] })) },
    ],
  };
}
