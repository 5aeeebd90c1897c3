import type { Counter } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { foreignLines, libraries, type Registry, watched } from './libraries.ts';

type Library = (typeof libraries)[number][1];

const openMetrics = 'application/openmetrics-text; version=1.0.0';

/**
 * The lines as their readers understand them: numbers by their value, labels in one order, each line once. Of two buckets of +Inf the
 * one with an exemplar.
 */
function readLines(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const read = new Set(lines.map((line) => (line.startsWith('#') ? line : readSample(line))));
  for (const line of read) if (line.includes(' # ')) read.delete(line.slice(0, line.indexOf(' # ')));
  return [...read].sort();
}

function readSample(line: string): string {
  const [, name, labels = '', value, exemplar = ''] = /^(\w+)(?:\{(.*?)\})? (\S+)(.*)$/s.exec(line)!;
  const pairs = Array.from(labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gs), ([, label, text]) =>
    label === 'le' || label === 'quantile' ? `${label}=${number(text!)}` : `${label}=${text}`,
  );
  const [, mark = '', amount, time] = /^( # \{.*\}) (\S+) (\S+)$/.exec(exemplar) ?? [];
  const behind = mark === '' ? '' : `${mark} ${number(amount!)} ${number(time!)}`;
  return `${name}{${pairs.sort().join()}} ${number(value!)}${behind}`;
}

function number(text: string): number {
  return Number(text.replace('Nan', 'NaN').replace(/Inf$/, 'Infinity'));
}

/** Fills a registry with one metric. */
type Fill = (library: Library, registers: Registry[]) => void;

/** Both libraries have exemplars in registries of OpenMetrics only. */
function withExemplars(registers: Registry[]): { readonly registers: Registry[]; readonly enableExemplars: boolean } {
  return { registers, enableExemplars: isOpenMetrics(registers[0]!) };
}

const isOpenMetrics = ({ contentType }: Registry) => contentType.startsWith(openMetrics.split(';')[0]!);

function increment(counter: Counter, labels: Record<string, string>): void {
  const { enableExemplars } = counter as unknown as { enableExemplars?: boolean }; // their types have no such member
  if (enableExemplars === true) counter.inc({ labels, value: 2, exemplarLabels: { trace_id: 'abc' } });
  else counter.inc(labels, 2);
}

const cases: [name: string, fill: Fill][] = [
  [
    'a counter without _total',
    (library, registers) => {
      const counter = new library.Counter({ name: 'foo', help: 'f', ...withExemplars(registers) });
      increment(counter, {});
    },
  ],
  [
    'a counter with _total and labels',
    (library, registers) => {
      const labelNames = ['kind'];
      const counter = new library.Counter({ name: 'foo_total', help: 'f', labelNames, ...withExemplars(registers) });
      for (const kind of ['a', 'b']) increment(counter, { kind });
    },
  ],
  [
    'a counter that is named for its total twice',
    (library, registers) => new library.Counter({ name: 'foo_total_total', help: 'f', registers }).inc(2),
  ],
  [
    'a counter named _created',
    (library, registers) => new library.Counter({ name: 'foo_created', help: 'f', registers }).inc(2),
  ],
  [
    'a histogram with the bound Infinity',
    (library, registers) => {
      const buckets = [0.1, 1, Infinity];
      const histogram = new library.Histogram({ name: 'wait', help: 'w', buckets, ...withExemplars(registers) });
      const { enableExemplars } = withExemplars(registers);
      for (const value of [0.5, 5]) {
        if (enableExemplars) histogram.observe({ value, exemplarLabels: { trace_id: `${value}` } });
        else histogram.observe(value);
      }
    },
  ],
  [
    'a summary',
    (library, registers) => {
      const summary = new library.Summary({ name: 'size', help: 's', percentiles: [0, 0.5, 1], registers });
      for (const value of [1, 2, 3]) summary.observe(value);
    },
  ],
  [
    'a summary with a quantile twice',
    (library, registers) => {
      new library.Summary({ name: 'size', help: 's', percentiles: [0.5, 0.5], registers }).observe(5);
    },
  ],
  [
    'a summary without observations',
    (library, registers) => void new library.Summary({ name: 'size', help: 's', percentiles: [0.5], registers }),
  ],
  [
    'gauges that are no numbers',
    (library, registers) => {
      const gauge = new library.Gauge({ name: 'odd', help: 'o', labelNames: ['is'], registers });
      for (const value of [NaN, Infinity, -Infinity, -0, 1e21, 5e-324]) gauge.set({ is: String(value) }, value);
    },
  ],
  [
    'odd label values',
    (library, registers) => {
      const gauge = new library.Gauge({ name: 'odd', help: 'o', labelNames: ['is'], registers });
      const odd: unknown[] = [
        '',
        ' ',
        'a,b',
        '{"a"}',
        '\\',
        '\n',
        '\u2028',
        '𝒳',
        5,
        -0.5,
        true,
        null,
        undefined,
        7n,
        {},
        ['x', 'y'],
        new Date(0),
      ];
      for (const [index, is] of odd.entries()) gauge.set({ is: is as string }, index); // JavaScript's users give anything
    },
  ],
  [
    'a label that is undefined beside none',
    (library, registers) => {
      const gauge = new library.Gauge({ name: 'odd', help: 'o', labelNames: ['is'], registers });
      gauge.set({ is: undefined as unknown as string }, 1); // as above
      gauge.set({}, 2);
    },
  ],
  [
    'a help text of several lines',
    (library, registers) => new library.Gauge({ name: 'odd', help: 'a\nb \\ c', registers }).set(1),
  ],
];

/** Cases whose metrics can be in one registry. */
const together = ['a counter without _total', 'a histogram with the bound Infinity', 'a summary', 'odd label values'];

describe.each(libraries)('%s: as its own endpoint exposes it', (_name, library) => {
  const formats = [
    ['the text format', library.Registry.PROMETHEUS_CONTENT_TYPE, undefined],
    ['OpenMetrics', library.Registry.OPENMETRICS_CONTENT_TYPE, openMetrics],
  ] as const;
  describe.each(formats)('a registry of %s', (_format, contentType, accept) => {
    test.each(cases)('%s', async (_case, fill) => {
      const registry: Registry = new library.Registry();
      registry.setContentType(contentType);
      fill(library, [registry]);
      const { metrics, said } = watched();
      metrics.include(registry);
      const before = readLines(foreignLines(String((await metrics.render({ accept })).body)));
      const theirs = readLines(await registry.metrics());
      expect(theirs.length).toBeGreaterThan(2);
      expect(before).toEqual(theirs);
      // Their scrape has renamed their counters.
      expect(readLines(foreignLines(String((await metrics.render({ accept })).body)))).toEqual(theirs);
      expect(said).toEqual([]);
    });

    test('default labels', async () => {
      const registry: Registry = new library.Registry();
      registry.setContentType(contentType);
      for (const [name, fill] of cases) if (together.includes(name)) fill(library, [registry]);
      registry.setDefaultLabels({ zone: 'a', shard: 5 });
      const ours = foreignLines(String((await new GrpcMetrics().include(registry).render({ accept })).body));
      expect(readLines(ours)).toEqual(readLines(await registry.metrics()));
    });
  });

  test.each(formats)('the default metrics of a registry of %s', async (_format, contentType, accept) => {
    const registry: Registry = new library.Registry();
    registry.setContentType(contentType);
    library.collectDefaultMetrics({ register: registry });
    const { metrics, said } = watched();
    const ours = foreignLines(String((await metrics.include(registry).render({ accept })).body));
    // The values change with each reading.
    const shape = (text: string) => readLines(text).map((line) => line.replace(/ \S+$/, ''));
    const series = (text: string) => shape(text).filter((line) => !/^#|^nodejs_(gc|active)_/.test(line));
    expect(series(ours).length).toBeGreaterThan(25);
    expect(series(ours)).toEqual(series(await registry.metrics()));
    expect(said).toEqual([]);
  });

  test('a counter has one name in every format, that of its own endpoint', async () => {
    const registry: Registry = new library.Registry();
    registry.setContentType(library.Registry.OPENMETRICS_CONTENT_TYPE);
    new library.Counter({ name: 'foo', help: 'f', registers: [registry] }).inc(2);
    const metrics = new GrpcMetrics().include(registry);
    expect(foreignLines(String((await metrics.render()).body))).toBe(
      '# HELP foo_total f\n# TYPE foo_total counter\nfoo_total 2\n',
    );
    expect(() => metrics.counter({ name: 'foo_total', help: 'f' })).toThrow(/"foo_total" of an included registry/);
    registry.setContentType(library.Registry.PROMETHEUS_CONTENT_TYPE);
    expect(foreignLines(String((await metrics.render()).body))).toBe('# HELP foo f\n# TYPE foo counter\nfoo 2\n');
  });
});
