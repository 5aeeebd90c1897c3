import { FaultCounter } from '../core/fault-counter.ts';
import type { Warn } from '../core/logger.ts';

/** The parts of the library that can fail while a service runs. `include`, `label`, `listener` and `metric` run code of the user. */
export const stages = ['call', 'connection', 'exemplar', 'include', 'label', 'listener', 'metric', 'scrape'] as const;
export type Stage = (typeof stages)[number];

/**
 * The limits that keep the number of series bounded: values of a call label, methods of clients, series of one of the user's metrics
 * (`metric`), series of calls (`series`), and targets of clients.
 */
export const limits = ['label_values', 'methods', 'metric', 'series', 'targets'] as const;
export type Limit = (typeof limits)[number];

/** The faults of one `GrpcMetrics`, by these stages and limits. */
export class Faults extends FaultCounter<Stage, Limit> {
  constructor(warn?: Warn) {
    super(stages, limits, warn);
  }
}
