import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConstantLabels } from './constant-labels.ts';
import { labelsKey } from './labels.ts';
import type { Labels, LiveFamily } from './snapshot.ts';

const constant = { region: 'eu', zone: 'a "b"\n' };

const series: [name: string, own: Labels, labels: Labels][] = [
  ['no label', {}, constant],
  ['another label', { method: '/a.B/C' }, { method: '/a.B/C', ...constant }],
  ['the same label', { region: 'us' }, { region: 'us', zone: 'a "b"\n' }],
  ['the same label, empty', { region: '' }, { region: '', zone: 'a "b"\n' }],
  ['the same label, not the first', { a: '1', zone: 'b' }, { a: '1', zone: 'b', region: 'eu' }],
  ['all of them', { zone: '1', region: '2' }, { zone: '1', region: '2' }],
  ['a value that looks like a label', { a: ',region=' }, { a: ',region=', ...constant }],
  ['a value with quotes that looks like one', { a: '",region="' }, { a: '",region="', ...constant }],
  ['a value that begins like a label', { a: 'region="us"' }, { a: 'region="us"', ...constant }],
  ['a name that ends like one', { my_region: 'us' }, { my_region: 'us', ...constant }],
];
test.each(series)('a series with %s', (_name, own, labels) => {
  const all = new ConstantLabels(constant);
  expect(Object.entries(all.labels(own))).toEqual(Object.entries(labels));
  expect(all.key({ labels: own })).toBe(labelsKey(labels));
  expect(all.key({ labels: own, key: labelsKey(own) })).toBe(labelsKey(labels));
});

test('the key is that of the labels, whatever they are', () => {
  const names = fc.constantFrom('a', 'b', 'ab', 'region', 'my_region');
  const values = fc.string({ unit: fc.constantFrom('"', '\\', ',', '=', '\n', 'a', 'a=', ',a=', 'region') });
  const labels = (minKeys: number) => fc.dictionary(names, values, { minKeys });
  fc.assert(
    fc.property(labels(1), labels(0), (constants, own) => {
      const all = new ConstantLabels(constants);
      expect(all.key({ labels: own, key: labelsKey(own) })).toBe(labelsKey(all.labels(own)));
    }),
  );
});

test('each type of series has all that it had, and the labels', () => {
  const created = 5;
  const exemplar = { labels: { trace_id: 'x' }, value: 1, timestamp: 2 };
  const number = { labels: { a: '1' }, value: 7, created, exemplar };
  const native = { schema: 0, zeroThreshold: 0, zeroCount: 0, indexes: [1], counts: [3] };
  const buckets = { bounds: [1], buckets: [1, 2], sum: 3, native, created, exemplars: [exemplar, undefined] };
  const quantiles = { quantiles: [[0.5, 2] as const], sum: 4, count: 2, created };
  const families: LiveFamily[] = [
    { name: 'x_total', type: 'counter', help: 'X', series: [number, { ...number, labels: {} }] },
    { name: 'y', type: 'histogram', help: 'Y', unit: 'y', series: [{ labels: {}, key: '', ...buckets }] },
    { name: 'z', type: 'summary', help: 'Z', series: [{ labels: { a: '2' }, ...quantiles }] },
  ];
  const read = new ConstantLabels({ region: 'eu' }).addTo(families).map((family) => ({
    ...family,
    series: Array.from(family.series, (one) => {
      const { labels, key } = one;
      if ('buckets' in one) {
        const { bounds, buckets: counts, sum, exemplars } = one;
        return { labels, key, bounds, buckets: counts, sum, native: one.native, created: one.created, exemplars };
      }
      if ('quantiles' in one) return { labels, key, quantiles: one.quantiles, sum: one.sum, count: one.count, created };
      return { labels, key, value: one.value, created: one.created, exemplar: one.exemplar };
    }),
  }));
  expect(read).toEqual([
    {
      ...families[0],
      series: [
        { ...number, labels: { a: '1', region: 'eu' }, key: 'a="1",region="eu"' },
        { ...number, labels: { region: 'eu' }, key: 'region="eu"' },
      ],
    },
    { ...families[1], series: [{ ...buckets, labels: { region: 'eu' }, key: 'region="eu"' }] },
    { ...families[2], series: [{ ...quantiles, labels: { a: '2', region: 'eu' }, key: 'a="2",region="eu"' }] },
  ]);
});

test('without constant labels a scrape reads the families as they are', () => {
  const families: LiveFamily[] = [];
  expect(new ConstantLabels({}).addTo(families)).toBe(families);
});
