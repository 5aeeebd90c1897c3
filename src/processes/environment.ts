import cluster from 'node:cluster';

/** Every field has a default; the default is in the signature of `siblingsOf`. */
export interface ProcessEnvironment {
  /** Whether the process is a worker of node:cluster. */
  readonly isWorker?: boolean;
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

/**
 * Whose process this is where others probably serve the same clients: `'PM2'` or `'node:cluster'`, undefined otherwise.
 *
 * PM2 sets `pm_id`, `NODE_APP_INSTANCE` and the number of `instances`, and its cluster mode is node:cluster's. A worker
 * of node:cluster does not know how many there are.
 */
export function siblingsOf({
  isWorker = cluster.isWorker,
  variables = process.env,
}: ProcessEnvironment = {}): 'PM2' | 'node:cluster' | undefined {
  const isOfPm2 = variables.pm_id !== undefined || variables.NODE_APP_INSTANCE !== undefined;
  if (isOfPm2) return variables.instances === '1' ? undefined : 'PM2';
  return isWorker ? 'node:cluster' : undefined;
}
