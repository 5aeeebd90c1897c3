import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Exemplar, HistogramSeries, MetricFamily, NumberSeries, SummarySeries } from '../../src/core/snapshot.ts';
import { createOpenMetrics } from '../../src/encode/openmetrics.ts';
import {
  encodeWhole,
  type ReadExemplar,
  type ReadFamily,
  type ReadSample,
  readOpenMetrics,
} from '../support/exposition/readers.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { anyFamilies } from './families.ts';
import { everything } from './sample.ts';

const withCreated = createOpenMetrics({ created: true });

const golden = `# HELP jobs Jobs that are \\"done\\",\\nin all
# TYPE jobs counter
jobs_total{kind="mail \\\\ \\"a\\"\\n"} 2.5 # {trace_id="4bf92f"} 0.5 1700000000.25
jobs_created{kind="mail \\\\ \\"a\\"\\n"} 1699999999.5
jobs_total{kind=""} 1e+06
# HELP queue_bytes Jobs that wait
# TYPE queue_bytes gauge
# UNIT queue_bytes bytes
queue_bytes -1.5
# HELP oddities Odd values
# TYPE oddities gauge
oddities{is="nan"} NaN
oddities{is="inf"} +Inf
# HELP work_seconds Time at work
# TYPE work_seconds histogram
# UNIT work_seconds seconds
work_seconds_bucket{kind="a",le="0.005"} 0
work_seconds_bucket{kind="a",le="1.0"} 3 # {trace_id="a",span_id="b"} 0.75 1700000001.0
work_seconds_bucket{kind="a",le="1e+06"} 4
work_seconds_bucket{kind="a",le="+Inf"} 1099511627780 # {trace_id="c"} 2e+06 1700000002.125
work_seconds_sum{kind="a"} 17.0
work_seconds_count{kind="a"} 1099511627780
work_seconds_created{kind="a"} 1699999999.5
work_seconds_bucket{kind="b",le="1.0"} 0
work_seconds_bucket{kind="b",le="+Inf"} 0
work_seconds_sum{kind="b"} 0.0
work_seconds_count{kind="b"} 0
# HELP wait_seconds Time in the queue
# TYPE wait_seconds summary
# UNIT wait_seconds seconds
wait_seconds{kind="a",quantile="0.5"} 0.25
wait_seconds{kind="a",quantile="0.999"} NaN
wait_seconds{kind="a",quantile="1.0"} 1e+06
wait_seconds_sum{kind="a"} 17.0
wait_seconds_count{kind="a"} 1099511627776
wait_seconds_created{kind="a"} 1699999999.5
wait_seconds_sum{kind="b"} 0.0
wait_seconds_count{kind="b"} 0
# EOF
`;

test('a scrape with everything, whole', () => {
  expect(encodeWhole(withCreated, everything)).toBe(golden);
  expect(encodeWhole(createOpenMetrics(), everything)).toBe(golden.replace(/^.*_created.*\n/gm, ''));
});

/** What a reader must find, from the snapshot alone; `le` as a number. */
function expected(families: readonly MetricFamily[]): ReadFamily[] {
  return families
    .filter(({ series }) => series.length > 0)
    .map((family) => {
      const { help, type, unit = '' } = family;
      const name = family.name.replace(/_total$/, '');
      return {
        name,
        type,
        help,
        unit: unit !== '' && name.endsWith(`_${unit}`) ? unit : '',
        samples: samplesOf(name, family),
      };
    });
}

function samplesOf(name: string, family: MetricFamily): ReadSample[] {
  if (family.type === 'histogram') return family.series.flatMap((series) => histogramSamples(name, series));
  if (family.type === 'summary') return family.series.flatMap((series) => summarySamples(name, series));
  return family.series.flatMap((series) => numberSamples(name, family.type, series));
}

const sample = (name: string, labels: ReadSample['labels'], value: number, exemplar?: Exemplar): ReadSample => ({
  name,
  labels,
  value,
  exemplar: sent(exemplar),
});

function sent(exemplar: Exemplar | undefined): ReadExemplar | null {
  const characters = Object.entries(exemplar?.labels ?? {}).flatMap((pair) => Array.from(pair.join(''))).length;
  return exemplar === undefined || characters === 0 || characters > 128 ? null : exemplar;
}

function numberSamples(name: string, type: string, { labels, value, exemplar, created }: NumberSeries): ReadSample[] {
  if (type === 'gauge') return [sample(name, labels, value)];
  const own = sample(`${name}_total`, labels, value, exemplar);
  return created === undefined ? [own] : [own, sample(`${name}_created`, labels, created)];
}

function histogramSamples(name: string, series: HistogramSeries): ReadSample[] {
  const { labels, bounds, sum, exemplars, created } = series;
  const buckets = Array.from(series.buckets);
  const upTo = (index: number) => buckets.slice(0, index + 1).reduce((a, b) => a + b, 0);
  const samples = [...bounds, Infinity].map((bound, index) =>
    sample(`${name}_bucket`, { ...labels, le: String(bound) }, upTo(index), exemplars?.[index]),
  );
  const isCounter = sum >= 0 && !bounds.some((bound) => bound < 0);
  if (isCounter) samples.push(sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, upTo(bounds.length)));
  if (created !== undefined) samples.push(sample(`${name}_created`, labels, created));
  return samples;
}

function summarySamples(name: string, { labels, quantiles, sum, count, created }: SummarySeries): ReadSample[] {
  const samples = quantiles
    .filter(([, value]) => !(value < 0))
    .map(([quantile, value]) => sample(name, { ...labels, quantile: String(quantile + 0) }, value));
  if (sum >= 0) samples.push(sample(`${name}_sum`, labels, sum));
  samples.push(sample(`${name}_count`, labels, count));
  if (created !== undefined) samples.push(sample(`${name}_created`, labels, created));
  return samples;
}

/** `le` and `quantile` as JavaScript writes the number, after a look at whether it is a float in the text. */
function normalized(families: readonly ReadFamily[]): ReadFamily[] {
  const number = (bound: string) => {
    expect(bound).toMatch(/^(-?\d+\.\d+|-?\d(\.\d+)?e[+-]\d{2,3}|[+-]Inf)$/);
    return String(Number(bound.replace('Inf', 'Infinity')));
  };
  return families.map((family) => ({
    ...family,
    samples: family.samples.map((one) => {
      const { le, quantile } = one.labels;
      if (quantile !== undefined) return { ...one, labels: { ...one.labels, quantile: number(quantile) } };
      return le === undefined ? one : { ...one, labels: { ...one.labels, le: number(le) } };
    }),
  }));
}

/** The reference parser (0.16) takes the first `}` for the end of an exemplar's labels, also within quotes. */
function withoutBraces(family: MetricFamily): MetricFamily {
  const plain = (exemplar: Exemplar | undefined) =>
    exemplar && {
      ...exemplar,
      labels: Object.fromEntries(
        Object.entries(exemplar.labels).map(([name, value]) => [name, value.replaceAll('}', ')')]),
      ),
    };
  if (family.type === 'histogram') {
    const series = family.series.map((one) => ({ ...one, exemplars: one.exemplars?.map(plain) ?? [] }));
    return { ...family, series };
  }
  if (family.type === 'summary') return family;
  return {
    ...family,
    series: family.series.map(({ exemplar, ...one }) => (exemplar ? { ...one, exemplar: plain(exemplar)! } : one)),
  };
}

const broken: [name: string, text: string, says: RegExp][] = [
  ['no end', '# TYPE x gauge\nx 1.0\n', /Missing # EOF/],
  ['a counter without _total', '# TYPE x counter\nx{a="b"} 1.0\n# EOF\n', /Clashing name/],
  ['a unit that is not the suffix', '# TYPE x gauge\n# UNIT x seconds\nx 1.0\n# EOF\n', /Unit does not match/],
  ['an exemplar on a gauge', '# TYPE x gauge\nx 1.0 # {a="b"} 1.0\n# EOF\n', /can have exemplars/],
  ['a long exemplar', `# TYPE x counter\nx_total 1.0 # {a="${'b'.repeat(128)}"} 1.0\n# EOF\n`, /too long/],
  [
    'no bucket of +Inf',
    '# TYPE x histogram\nx_bucket{le="1.0"} 1\nx_sum 1.0\nx_count 1\n# EOF\n',
    /\+Inf bucket missing/,
  ],
];

describeWith(['openmetrics-parser'], 'the reference parser', ({ 'openmetrics-parser': modules }) => {
  test('reads the golden', async () => {
    const [read] = await readOpenMetrics(modules, [golden]);
    if (!('families' in read!)) throw new Error(read!.error);
    expect(normalized(read.families)).toEqual(expected(everything));
  });

  test('reads what is fuzzed', async () => {
    const samples = fc.sample(anyFamilies, 400).map((families) => families.map(withoutBraces));
    const texts = samples.map((families) => encodeWhole(withCreated, families));
    const found = await readOpenMetrics(modules, texts);
    for (const [index, read] of found.entries()) {
      if (!('families' in read)) throw new Error(`${read.error}\n${texts[index]}`);
      expect(normalized(read.families)).toEqual(expected(samples[index]!));
    }
  });

  test('would have something to say', async () => {
    const found = await readOpenMetrics(
      modules,
      broken.map(([, text]) => text),
    );
    for (const [index, [name, , says]] of broken.entries()) {
      expect(found[index], name).toEqual({ error: expect.stringMatching(says) });
    }
  });
});
