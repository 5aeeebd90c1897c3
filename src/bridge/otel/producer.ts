import { setImmediate } from 'node:timers/promises';
import { monotonicMilliseconds } from '../../core/clock.ts';
import type { HistogramSeries, Labels, LiveFamily, NumberSeries } from '../../core/snapshot.ts';
import { exponentialPoint, histogramPoint, numberPoint, type PointContext } from './data-points.ts';
import {
  type Attributes,
  type CollectionResult,
  cumulative,
  type DataPoint,
  double,
  type EmptyResource,
  type ExplicitHistogram,
  type ExponentialHistogram,
  type MetricData,
  type MetricProducer,
  pointType,
  type ScopeMetrics,
} from './metric-data.ts';

/** A family, and how OpenTelemetry's readers get it. */
export interface Instrument {
  readonly name: string;
  /** As in UCUM; empty where it is not known. */
  readonly unit: string;
  readonly family: LiveFamily;
  readonly attributesOf: (labels: Labels) => Attributes;
}

export interface ProducerParts {
  readonly scope: ScopeMetrics['scope'];
  /** All instruments at this moment. */
  readonly read: () => Promise<readonly Instrument[]>;
  /** Called with what made a collection fail. */
  readonly failed: (error: unknown) => void;
}

/** The longest run without giving the event loop a turn, in milliseconds. */
const sliceMs = 2;

const resource: EmptyResource = {
  attributes: {},
  merge: (other) => other ?? resource,
  getRawAttributes: () => [],
};

/** Gives OpenTelemetry's metric readers what a scrape gives Prometheus. It gives the event loop a turn every 2 ms. */
export function metricProducer({ scope, read, failed }: ProducerParts): MetricProducer {
  const result = (metrics: MetricData[], errors: unknown[]): CollectionResult => ({
    resourceMetrics: { resource, scopeMetrics: metrics.length === 0 ? [] : [{ scope, metrics }] },
    errors,
  });
  return {
    async collect() {
      try {
        return result(await readAll(await read()), []);
      } catch (error) {
        failed(error);
        return result([], [error]);
      }
    },
  };
}

async function readAll(instruments: readonly Instrument[]): Promise<MetricData[]> {
  const metrics: MetricData[] = [];
  const slices = new Slices();
  for (const instrument of instruments) {
    const { type } = instrument.family;
    const read = type === 'histogram' ? readHistograms : readNumbers;
    metrics.push(...(await read(instrument, slices)));
  }
  return metrics.filter(({ dataPoints }) => dataPoints.length > 0);
}

async function readNumbers(instrument: Instrument, slices: Slices): Promise<MetricData[]> {
  const [head, context] = [headOf(instrument), contextOf(instrument)];
  const dataPoints: DataPoint<number>[] = [];
  for await (const series of slices.of(instrument.family.series as Iterable<NumberSeries>)) {
    dataPoints.push(numberPoint(series, context));
  }
  return instrument.family.type === 'gauge'
    ? [{ ...head, dataPointType: pointType.gauge, dataPoints }]
    : [{ ...head, dataPointType: pointType.sum, isMonotonic: true, dataPoints }];
}

/** A histogram with native buckets is exponential, and only that: one metric has one type. */
async function readHistograms(instrument: Instrument, slices: Slices): Promise<MetricData[]> {
  const [head, context] = [headOf(instrument), contextOf(instrument)];
  const explicit: DataPoint<ExplicitHistogram>[] = [];
  const exponential: DataPoint<ExponentialHistogram>[] = [];
  for await (const series of slices.of(instrument.family.series as Iterable<HistogramSeries>)) {
    const { native } = series;
    if (native === undefined) explicit.push(histogramPoint(series, context));
    else exponential.push(exponentialPoint(series, native, context));
  }
  return [
    { ...head, dataPointType: pointType.histogram, dataPoints: explicit },
    { ...head, dataPointType: pointType.exponentialHistogram, dataPoints: exponential },
  ];
}

function headOf({ name, unit, family }: Instrument): Pick<MetricData, 'descriptor' | 'aggregationTemporality'> {
  return {
    descriptor: { name, description: family.help, unit, valueType: double },
    aggregationTemporality: cumulative,
  };
}

function contextOf({ attributesOf }: Instrument): PointContext {
  return { now: Date.now() / 1000, attributesOf };
}

/** Gives the event loop a turn whenever `sliceMs` have gone by since it had its last one. */
class Slices {
  #start = monotonicMilliseconds();

  async *of<Series>(all: Iterable<Series>): AsyncGenerator<Series, void> {
    for (const series of all) {
      yield series;
      if (monotonicMilliseconds() - this.#start < sliceMs) continue;
      await setImmediate();
      this.#start = monotonicMilliseconds();
    }
  }
}
