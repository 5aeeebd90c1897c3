import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { removeFolders } from './folders.ts';

const open: GrpcMetrics[] = [];

/** A `GrpcMetrics` of a test, closed by `endProcesses`. */
export function opened(metrics: GrpcMetrics): GrpcMetrics {
  open.push(metrics);
  return metrics;
}

/** A process with a book in this folder, in this process of the system. */
export function start(folder: string, options: GrpcMetricsOptions = {}): GrpcMetrics {
  return opened(new GrpcMetrics({ processes: { folder }, logger: { warn: () => {} }, ...options }));
}

/** Closes what a test has opened, and removes its folders. */
export async function endProcesses(): Promise<void> {
  for (const metrics of open.splice(0)) await metrics.close();
  removeFolders();
}
