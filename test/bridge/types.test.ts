import * as successor from '@prometheus-io/client';
import * as prom from 'prom-client';
import { expect, test } from 'vitest';
import { GrpcMetrics, type PromClientRegistry } from '../../src/index.ts';

test('every registry of both libraries is taken without a cast', () => {
  const registries: PromClientRegistry[] = [
    prom.register,
    new prom.Registry(),
    new prom.Registry<prom.OpenMetricsContentType>(),
    new prom.AggregatorRegistry<prom.PrometheusContentType>(),
    prom.Registry.merge([new prom.Registry()]),
    successor.register,
    new successor.Registry(),
    new successor.Registry<successor.OpenMetricsContentType>(successor.Registry.OPENMETRICS_CONTENT_TYPE),
    new successor.AggregatorRegistry<successor.PrometheusContentType>(),
    successor.Registry.merge([new successor.Registry()]),
  ];
  for (const registry of registries) expect(() => new GrpcMetrics().include(registry)).not.toThrow();
  const refused = expect.objectContaining({ code: 'invalid_option' });

  const metrics = new GrpcMetrics();
  expect(metrics.include(new prom.Registry()).registerInto(new successor.Registry())).toBe(metrics);

  // What is none is an error of the compiler as well.
  // @ts-expect-error: the library itself is not a registry
  expect(() => metrics.include(prom)).toThrow(refused);
  // @ts-expect-error: a metric is not a registry
  expect(() => metrics.registerInto(new prom.Gauge({ name: 'a', help: 'A', registers: [] }))).toThrow(refused);
});
