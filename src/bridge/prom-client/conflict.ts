/** Whether the option `runtime` exposes a metric of this name, as prom-client's `collectDefaultMetrics` does. */
export type IsRuntime = (name: string) => boolean;

/** What a user can do about a metric whose name is in use. `otherwise` is for names that do not come from both sets of runtime metrics. */
export function conflictRemedy(name: string, isRuntime: IsRuntime, otherwise: string): string {
  return isRuntime(name) ? 'leave out the option `runtime` where a registry has collectDefaultMetrics' : otherwise;
}
