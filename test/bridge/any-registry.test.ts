import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readOpenMetrics, readProtobuf } from '../support/exposition/readers.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { checkMetrics } from '../support/servers/promtool.ts';
import { libraries, type Registry, watched } from './libraries.ts';

type Library = (typeof libraries)[number][1];

const openMetrics = 'application/openmetrics-text; version=1.0.0';
const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** Few names, with every suffix that a format has a meaning for, so that most registries have some that clash. */
const name = fc
  .tuple(
    fc.constantFrom('a', 'b'),
    fc.array(fc.constantFrom('total', 'created', 'sum', 'count', 'bucket'), { maxLength: 2 }),
  )
  .map(([base, suffixes]) => [base, ...suffixes].join('_'));

const metric = fc.record({
  name,
  type: fc.constantFrom('Counter' as const, 'Gauge', 'Histogram', 'Summary'),
  help: fc.constantFrom('help', ' ', 'a\nb', 5, null, '\\n"'),
  label: fc.constantFrom(undefined, null, '', 'a"\\\n', 5, {}, Symbol('x')),
  values: fc.array(fc.constantFrom(-12, -0.5, 0, 1, 5e300), { minLength: 1, maxLength: 3 }),
  buckets: fc.constantFrom([1], [-1, 1], [1, Infinity], [-Infinity, 0], [1, 1], [10, 1], [NaN], []),
  percentiles: fc.constantFrom([0.5], [0, 1], [0.5, 0.5], [99], [NaN], []),
});

type AnyRow = typeof metric extends fc.Arbitrary<infer Row> ? Row : never;

const updates = { Counter: 'inc', Gauge: 'set', Histogram: 'observe', Summary: 'observe' } as const;

type AnyMetric = Record<(typeof updates)[keyof typeof updates], (labels: object, value: number) => void>;

/** A registry with these metrics; what the library refuses is not in it. */
function build(library: Library, metrics: readonly AnyRow[]): Registry {
  const registry: Registry = new library.Registry();
  for (const { type, label, values, ...options } of metrics) {
    try {
      const Metric = library[type as 'Gauge'] as unknown as new (given: object) => AnyMetric; // each takes these options
      const made = new Metric({ ...options, labelNames: ['x'], registers: [registry] });
      for (const value of values) made[updates[type]]({ x: label }, value);
    } catch {
      // A name that is in use, a counter that would fall, a symbol.
    }
  }
  return registry;
}

describeWith(['openmetrics-parser', 'promtool'], 'whatever a registry has', (paths) => {
  test.each(libraries)('every reader reads the answer: %s', async (_name, library) => {
    const texts: string[] = [];
    const samples = fc.sample(fc.array(metric, { maxLength: 8 }), 150);
    for (const [index, metrics] of samples.entries()) {
      const registry = build(library, metrics);
      if (index % 2 === 1) registry.setContentType(library.Registry.OPENMETRICS_CONTENT_TYPE);
      const ours = watched().metrics.include(registry);
      texts.push(String((await ours.render({ accept: openMetrics })).body));
      readProtobuf(Buffer.from((await ours.render({ accept: protobuf })).body)); // it throws for what is none
      if (index % 10 > 0) continue;
      const text = String((await ours.render()).body);
      expect((await checkMetrics(paths.promtool, text)).output, text).not.toMatch(/error while|parsing/);
    }
    for (const [index, read] of (await readOpenMetrics(paths['openmetrics-parser'], texts)).entries()) {
      if ('error' in read) throw new Error(`${read.error}\n${texts[index]}`);
    }
  });
});
