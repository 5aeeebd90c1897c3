import { Exemplars } from '../exemplars.ts';
import { FaultCounter } from '../fault-counter.ts';
import { MetricContext, type MetricContextOptions } from './metric-context.ts';

/** A context for tests of one series: without traces, with clocks that stand still. */
export function testContext(options: Partial<MetricContextOptions> = {}): MetricContext {
  const faults = new FaultCounter(['exemplar'], [], () => {});
  const exemplars = new Exemplars(() => undefined, faults);
  const still = { wallClock: () => 0, clock: () => 0 };
  return new MetricContext({ name: 'x', drop: () => {}, ...still, exemplars, isTraced: false, ...options });
}
