import { expect, test } from 'vitest';
import type { MetricFamily } from '../core/snapshot.ts';
import { named, parseAsked } from './names.ts';

const urls: [url: string | undefined, names: string[]][] = [
  [undefined, []],
  ['/metrics', []],
  ['/metrics?', []],
  ['/metrics?naming=basic', []],
  ['/metrics?name=a', []],
  ['/metrics?name[]=', []],
  ['/metrics?name[]=a', ['a']],
  ['/metrics?name%5B%5D=a', ['a']],
  ['/metrics?name[]=b&x=1&name[]=a&name[]=b', ['a', 'b']],
  ['/metrics?name[]=a%26b', ['a&b']],
  ['/metrics?name[]=%', ['%']],
  ['?name[]=a', ['a']],
];
test.each(urls)('the names that %s asks for', (url, names) => {
  expect(parseAsked(url).names).toEqual(names);
});

const families: MetricFamily[] = [
  { name: 'jobs_total', type: 'counter', help: 'Jobs', series: [] },
  { name: 'size_bytes', type: 'gauge', help: 'Size', series: [] },
  { name: 'wait_seconds', type: 'histogram', help: 'Waiting', series: [] },
];
const filters: [names: string[], families: string[]][] = [
  [[], ['jobs_total', 'size_bytes', 'wait_seconds']],
  [['size_bytes'], ['size_bytes']],
  [
    ['wait_seconds', 'jobs_total'],
    ['jobs_total', 'wait_seconds'],
  ],
  [['jobs'], ['jobs_total']],
  [['wait_seconds_bucket'], ['wait_seconds']],
  [['wait_seconds_sum'], ['wait_seconds']],
  [['wait_seconds_count', 'wait_seconds'], ['wait_seconds']],
  [['size_bytes_sum'], []],
  [['wait'], []],
  [['unknown'], []],
];
test.each(filters)('the families of %j', (names, expected) => {
  expect(named(families, names).map(({ name }) => name)).toEqual(expected);
});

const naming: [url: string | undefined, vocabularies: readonly string[]][] = [
  [undefined, []],
  ['/metrics', []],
  ['/metrics?name[]=naming', []],
  ['/metrics?naming=go', ['go']],
  ['/metrics?naming=go&x=1&naming=basic&naming=go', ['basic', 'go']],
  ['/metrics?naming=', ['']],
];
test.each(naming)('the vocabularies of %s', (url, vocabularies) => {
  expect(parseAsked(url).naming).toEqual(vocabularies);
});
