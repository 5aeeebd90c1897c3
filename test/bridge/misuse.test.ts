import { describe, expect, test } from 'vitest';
import { readOpenMetrics, readProtobuf } from '../support/exposition/readers.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { startPrometheus } from '../support/servers/prometheus.ts';
import { checkMetrics } from '../support/servers/promtool.ts';
import { faultsOf, foreignLines, libraries, type Registry, watched } from './libraries.ts';

type Library = (typeof libraries)[number][1];

const openMetrics = 'application/openmetrics-text; version=1.0.0';
const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** Makes a metric of this name that its user misuses, as JavaScript lets them. */
type Misuse = (library: Library, name: string, registers: Registry[]) => void;

/** A metric with the values that its `get` returns: what a metric of the user's own class can do. */
const custom =
  (type: string, values: (name: string) => unknown): Misuse =>
  (_library, name, [registry]) => {
    const family = { name, help: name, type, aggregator: 'sum' };
    registry!.registerMetric({ ...family, get: () => ({ ...family, values: values(name) }) } as never); // it takes anything
  };

const observed =
  (make: (library: Library, options: { name: string; help: string; registers: Registry[] }) => object): Misuse =>
  (library, name, registers) => {
    (make(library, { name, help: name, registers }) as { observe(value: number): void }).observe(5); // each has it
  };

const left = 'the series {} is left out: ';
/** `samples` are the lines that stay, without the metric's name. */
const misuses: [name: string, misuse: Misuse, samples: string[], problem: string | undefined][] = [
  [
    'quantile_99',
    observed((l, head) => new l.Summary({ ...head, percentiles: [0.5, 99] })),
    ['{quantile="0.5"} 5', '_sum 5', '_count 1'],
    'of the series {} a quantile is left out: 99 is not from 0 to 1',
  ],
  [
    'quantile_nan',
    observed((l, head) => new l.Summary({ ...head, percentiles: [NaN] })),
    ['_sum 5', '_count 1'],
    'of the series {} a quantile is left out: NaN is not from 0 to 1',
  ],
  [
    'quantile_twice',
    observed((l, head) => new l.Summary({ ...head, percentiles: [0.5, 0.5] })),
    ['{quantile="0.5"} 5', '_sum 5', '_count 1'],
    undefined,
  ],
  [
    'bound_twice',
    observed((l, head) => new l.Histogram({ ...head, buckets: [10, 10] })),
    [],
    `${left}it has two buckets of 10`,
  ],
  [
    'bound_nan',
    observed((l, head) => new l.Histogram({ ...head, buckets: [1, NaN] })),
    [],
    `${left}it has a bound NaN`,
  ],
  [
    'bound_infinity_twice',
    observed((l, head) => new l.Histogram({ ...head, buckets: [1, Infinity, Infinity] })),
    [],
    `${left}it has two buckets of Infinity`,
  ],
  [
    'bounds_in_no_order',
    observed((l, head) => new l.Histogram({ ...head, buckets: [Infinity, 1] })),
    ['_bucket{le="1"} 1', '_bucket{le="+Inf"} 1', '_sum 5', '_count 1'],
    undefined,
  ],
  ['help_number', (l, name, registers) => new l.Gauge({ name, help: 5 as never, registers }).set(1), [' 1'], undefined],
  [
    'help_object',
    (l, name, registers) => new l.Gauge({ name, help: {} as never, registers }).set(1),
    [' 1'],
    undefined,
  ],
  [
    'help_controls',
    (l, name, registers) => new l.Gauge({ name, help: 'a\r\n\0\u2028"\\', registers }).set(1),
    [' 1'],
    undefined,
  ],
  ['counter_negative', custom('counter', () => [{ value: -1, labels: {} }]), [], `${left}a counter cannot be -1`],
  ['counter_nan', custom('counter', () => [{ value: NaN, labels: {} }]), [], `${left}a counter cannot be NaN`],
  ['counter_infinite', custom('counter', () => [{ value: Infinity, labels: {} }]), [' +Inf'], undefined],
  ['value_text', custom('gauge', () => [{ value: '1', labels: {} }]), [], `${left}its value is 1, of type string`],
  [
    'labels_twice',
    custom('gauge', () => [1, '1'].map((a, value) => ({ value, labels: { a } }))),
    ['{a="1"} 0'],
    'the series {"a":"1"} is there more than once',
  ],
  [
    'label_name',
    custom('gauge', () => [
      { value: 1, labels: { 'a-b': 1 } },
      { value: 2, labels: {} },
    ]),
    [' 2'],
    '"a-b" is not a label name',
  ],
  [
    'label_symbol',
    custom('gauge', () => [{ value: 1, labels: { a: Symbol('x') } }]),
    [],
    'the value of its label a is Symbol(x), which cannot be converted to a string',
  ],
  [
    'sum_missing',
    custom('histogram', (name) => [{ metricName: `${name}_count`, value: 1, labels: {} }]),
    [],
    `${left}it has no sum`,
  ],
  [
    'count_falls',
    custom('histogram', (name) => [
      { metricName: `${name}_bucket`, value: 2, labels: { le: 1 } },
      { metricName: `${name}_sum`, value: 1, labels: {} },
      { metricName: `${name}_count`, value: 1, labels: {} },
    ]),
    [],
    `${left}its bucket of Infinity counts less than the one before`,
  ],
  ['values_missing', custom('gauge', () => 'nothing'), [], 'Error: it gave nothing for values'],
];

function fill(library: Library): Registry {
  const registry: Registry = new library.Registry();
  for (const [name, misuse] of misuses) misuse(library, name, [registry]);
  return registry;
}

/** The samples of the metric. */
const samplesOf = (text: string, name: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith(name) && /^(_(bucket|sum|count))?[{ ]/.test(line.slice(name.length)))
    .map((line) => line.slice(name.length));

describe.each(libraries)('%s', (_name, library) => {
  test('each metric that is misused is warned of once, by name, and costs no other', async () => {
    const { metrics, said } = watched();
    metrics.include(fill(library));
    const first = String((await metrics.render()).body);
    for (const [name, , samples] of misuses) expect(samplesOf(first, name), name).toEqual(samples);
    const problems = misuses.filter(([, , , problem]) => problem !== undefined);
    expect(faultsOf(first)).toBe(problems.length);
    const warnings = problems.map(([name, , , problem]) => `include: "${name}": ${problem}`);
    expect(said.map((warning) => warning.replace(/ \(further.*/, '')).sort()).toEqual(warnings.sort());
    expect(faultsOf(String((await metrics.render()).body))).toBe(2 * problems.length);
    expect(said).toHaveLength(problems.length);
  });

  test('a default label that is none costs itself', async () => {
    const registry: Registry = new library.Registry();
    registry.setDefaultLabels({ 'a-b': 'x', zone: 'a', symbol: Symbol('x') as never });
    new library.Gauge({ name: 'one', help: 'one', registers: [registry] }).set(1);
    new library.Gauge({ name: 'two', help: 'two', registers: [registry] }).set(2);
    const { metrics, said } = watched();
    const text = foreignLines(String((await metrics.include(registry).render()).body));
    expect(text).toContain('one{zone="a"} 1\n');
    expect(text).toContain('two{zone="a"} 2\n');
    expect(said.map((warning) => warning.replace(/ \(further.*/, ''))).toEqual([
      'include: "default labels": a default label is left out: "a-b" is not a label name',
    ]);
  });
});

describeWith(['openmetrics-parser', 'promtool'], 'independent readers', (paths) => {
  test.each(libraries)('read the answer with everything that can be misused in %s', async (_name, library) => {
    const { metrics } = watched();
    metrics.include(fill(library));
    const [read] = await readOpenMetrics(paths['openmetrics-parser'], [
      String((await metrics.render({ accept: openMetrics })).body),
    ]);
    expect(read).toHaveProperty('families');
    const { output } = await checkMetrics(paths.promtool, String((await metrics.render()).body));
    expect(output).not.toMatch(/parsing/);
    const families = readProtobuf(Buffer.from((await metrics.render({ accept: protobuf })).body));
    expect(families).toContainEqual(expect.objectContaining({ name: 'help_object', help: '' }));
  });
});

describeWith(['prometheus', 'prometheus3'], 'Prometheus', (paths) => {
  const formats: [server: 'prometheus' | 'prometheus3', flags: string[]][] = [
    ['prometheus', []],
    ['prometheus', ['--enable-feature=native-histograms']],
    ['prometheus3', []],
    ['prometheus3', ['--enable-feature=native-histograms']],
  ];
  test.each(formats)('%s %s scrapes it', async (server, flags) => {
    const { metrics } = watched();
    const endpoint = await metrics.include(fill(libraries[0]![1])).expose({ port: 0, host: '127.0.0.1' });
    const targets = [`127.0.0.1:${endpoint.port}`];
    const prometheus = await startPrometheus({ binary: paths[server], targets, flags });
    try {
      await prometheus.waitForScrapes(1);
      expect((await prometheus.query('quantile_99_sum')).map(({ value }) => value)).toEqual([5]);
      expect((await prometheus.query('help_controls')).map(({ value }) => value)).toEqual([1]);
    } finally {
      await prometheus.stop();
      await endpoint.close();
    }
  });
});
