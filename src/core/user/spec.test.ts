import { expect, test } from 'vitest';
import { checkSpec, type UserType } from './spec.ts';

const names = { counter: 'jobs_total', gauge: 'jobs', histogram: 'jobs_seconds' };
const types = Object.keys(names) as UserType[];
const check = (type: UserType, more: object) => checkSpec(type, { name: names[type], help: 'Jobs', ...more });

const accepted: [name: string, more: object, maxSeries: number][] = [
  ['nothing but a name and a help text', {}, 10_000],
  ['undefined for each option', { labelNames: undefined, maxSeries: undefined }, 10_000],
  ['labels', { labelNames: ['a', 'b'] }, 10_000],
  ['a limit', { labelNames: ['a'], maxSeries: 7 }, 7],
  ['no limit', { labelNames: ['a'], maxSeries: Infinity }, Infinity],
];
test.each(types.flatMap((type) => accepted.map((row) => [type, ...row] as const)))(
  'a %s accepts %s',
  (type, _name, more, maxSeries) => {
    expect(check(type, more)).toBe(maxSeries);
  },
);

test('a gauge accepts read and its timeout', () => {
  expect(check('gauge', { read: () => 5, timeoutSeconds: 60 })).toBe(10_000);
  expect(check('gauge', { read: undefined, timeoutSeconds: undefined })).toBe(10_000);
});

test('a histogram accepts buckets', () => {
  expect(check('histogram', { buckets: [1], nativeHistogram: true })).toBe(10_000);
});

const rejected: [name: string, more: object, code: string][] = [
  ['a name that is no text', { name: 7 }, 'invalid_name'],
  ['no help text', { help: undefined }, 'invalid_option'],
  ['an empty help text', { help: ' ' }, 'invalid_option'],
  ['null for labels', { labelNames: null }, 'invalid_label'],
  ['a text for labels', { labelNames: 'a' }, 'invalid_label'],
  ['a label that is no text', { labelNames: [7] }, 'invalid_label'],
  ['a text for a limit', { maxSeries: '7' }, 'invalid_option'],
  ['null for a limit', { maxSeries: null }, 'invalid_option'],
  ['a limit of 0', { maxSeries: 0 }, 'invalid_option'],
  ['a misspelt option', { labelNmaes: ['a'] }, 'invalid_option'],
];
test.each(types.flatMap((type) => rejected.map((row) => [type, ...row] as const)))(
  'a %s rejects %s',
  (type, _name, more, code) => {
    expect(() => check(type, more)).toThrow(expect.objectContaining({ name: 'MetricsError', code }));
  },
);

const read = () => 5;
const timeout = 'timeoutSeconds of "jobs"';
const messages: [type: UserType, more: object, message: string][] = [
  ['counter', { hlep: 'x' }, 'counter "jobs_total": unknown option "hlep", did you mean "help"?'],
  ['gauge', { labels: ['a'] }, 'gauge "jobs": unknown option "labels", did you mean "labelNames"?'],
  ['histogram', { bucket: [1] }, 'histogram "jobs_seconds": unknown option "bucket", did you mean "buckets"?'],
  [
    'counter',
    { buckets: [1] },
    'counter "jobs_total": unknown option "buckets", known are name, help, labelNames, maxSeries',
  ],
  [
    'gauge',
    { registers: [] },
    'gauge "jobs": unknown option "registers", call this method of the GrpcMetrics that exposes the metric',
  ],
  ['gauge', { collect: read }, 'gauge "jobs": unknown option "collect", use read, a function that returns the value'],
  [
    'counter',
    { collect: read },
    'counter "jobs_total": unknown option "collect", call inc() where it happens: only gauges are read at each scrape',
  ],
  [
    'histogram',
    { read },
    'histogram "jobs_seconds": unknown option "read", call observe() where it happens: only gauges are read at each scrape',
  ],
  ['gauge', { read: 5 }, 'read of "jobs" must be a function, () => the value, not 5'],
  ['gauge', { read: null }, 'read of "jobs" must be a function, () => the value, not null'],
  ['gauge', { timeoutSeconds: 1 }, `${timeout} is for a gauge with read`],
  ['gauge', { read, timeoutSeconds: '1' }, `${timeout} must be a number from 0.001 to 60, not "1"`],
  ['gauge', { read, timeoutSeconds: 0 }, `${timeout} must be a number from 0.001 to 60, not 0`],
  ['gauge', { read, timeoutSeconds: 61 }, `${timeout} must be a number from 0.001 to 60, not 61`],
  ['gauge', { read, timeoutSeconds: NaN }, `${timeout} must be a number from 0.001 to 60, not NaN`],
];
test.each(messages)('the message for a %s with %j', (type, more, message) => {
  expect(() => check(type, more)).toThrow(expect.objectContaining({ code: 'invalid_option', message }));
});

test.each([undefined, null, 'x', 7])('rejects %s in place of a declaration', (spec) => {
  const message = `gauge() takes an object, such as { name, help }, not ${typeof spec === 'string' ? '"x"' : spec}`;
  expect(() => checkSpec('gauge', spec as never)).toThrow(expect.objectContaining({ code: 'invalid_option', message }));
});
