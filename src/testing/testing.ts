export { type WaitOptions, whenIdle } from './idle.ts';
export { expectMetricChanges, type MetricChange } from './metric-changes.ts';
export { metricValue } from './metric-value.ts';
