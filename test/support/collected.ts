import { type Collector, Registry } from '../../src/core/registry.ts';
import type { MetricFamily } from '../../src/core/snapshot.ts';
import { Faults } from '../../src/rpc/faults.ts';

/** What a collector brings, read at this moment. */
export function collected(collector: Collector): MetricFamily[] {
  const registry = new Registry(new Faults(() => {}));
  registry.add(collector);
  return registry.collect();
}
