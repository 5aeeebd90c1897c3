import type { GrpcMetrics } from '../../src/index.ts';
import { instrument } from '../../src/metrics.ts';

export { MetricsError } from '../../src/core/errors.ts';

/** An entry beside `index`, as a framework's is: it makes a `GrpcMetrics`, and its declarations name the type. */
export function instrumented(server: Parameters<typeof instrument>[0]): GrpcMetrics {
  return instrument(server);
}
