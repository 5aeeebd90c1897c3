import { expect, test } from 'vitest';
import { Exemplars, problemOf } from './exemplars.ts';
import { FaultCounter } from './fault-counter.ts';
import { Registry } from './registry.ts';
import type { ObserveOptions } from './user/metric-context.ts';

const long = (length: number) => ({ a: 'x'.repeat(length - 1) });

const cases: [name: string, labels: Record<string, unknown>, problem: RegExp | undefined][] = [
  ['one', { trace_id: 'abc' }, undefined],
  ['an empty value', { trace_id: '' }, undefined],
  ['none', {}, /needs a label/],
  ['128 characters with the name', long(128), undefined],
  ['129 characters', long(129), /128 characters together, not 129/],
  ['129 characters in all', { a: 'x'.repeat(63), b: 'x'.repeat(64) }, /not 129/],
  ['128 characters of two halves each', { a: '😀'.repeat(127) }, undefined],
  ['129 characters of two halves each', { a: '😀'.repeat(128) }, /128 characters/],
  ['a name that no format can have', { 'trace-id': 'abc' }, /"trace-id" is not a label name/],
  ['a second such name', { a: 'abc', '': 'd' }, /"" is not a label name/],
  ['a number', { trace_id: 7 }, /trace_id must be text, not 7/],
  ['an object', { trace_id: {} }, /must be text/],
];
test.each(cases)('problemOf: %s', (_name, labels, problem) => {
  const found = problemOf(labels);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(problem);
});

function exemplars(traceLabels: () => unknown) {
  const said: string[] = [];
  const faults = new FaultCounter(['exemplar', 'metric'], ['metric'], (message) => said.push(message));
  const clock = { now: 1_700_000_000.5 };
  const made = new Exemplars(traceLabels as () => undefined, faults, () => clock.now); // as JavaScript may
  return { made, faults, said, clock, registry: new Registry(faults, { exemplars: made, wallClock: () => 5 }) };
}

test('an exemplar is labels of the trace, a value and a time', () => {
  const { made, faults } = exemplars(() => ({ trace_id: 'abc' }));
  expect(made.of(0.5)).toEqual({ labels: { trace_id: 'abc' }, value: 0.5, timestamp: 1_700_000_000.5 });
  expect(faults.counts.exemplar).toBe(0);
});

test("the caller's object may change", () => {
  const labels = { trace_id: 'abc' };
  const { made } = exemplars(() => labels);
  const trace = made.trace();
  labels.trace_id = 'def';
  expect(trace).toEqual({ trace_id: 'abc' });
});

const bad: [name: string, traceLabels: () => unknown, said: RegExp | undefined][] = [
  ['no trace', () => undefined, undefined],
  [
    'throws',
    () => {
      throw new Error('no tracer');
    },
    /exemplar: Error: no tracer/,
  ],
  ['null', () => null, /needs a label/],
  ['text', () => 'abc', /"0" is not a label name/],
  ['a promise', () => Promise.resolve({ trace_id: 'abc' }), /needs a label/],
  ['too long', () => long(129), /128 characters/],
];
test.each(bad)('nothing comes of what cannot be one, and it is counted: %s', (_name, traceLabels, said) => {
  const found = exemplars(traceLabels);
  expect(found.made.of(1)).toBeUndefined();
  expect(found.faults.counts.exemplar).toBe(said === undefined ? 0 : 1);
  if (said !== undefined) expect(found.said).toEqual([expect.stringMatching(said)]);
  const counter = found.registry.counter({ name: 'a_total', help: 'A' });
  counter.inc();
  expect(counter.value).toBe(1);
});

test("the user's counters and histograms have the last one, histograms in each bucket", () => {
  let trace: string | undefined = 'a';
  const { registry, clock } = exemplars(() => trace && { trace_id: trace });
  const counter = registry.counter({ name: 'jobs_total', help: 'Jobs' });
  const histogram = registry.histogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1, 2] });
  const gauge = registry.gauge({ name: 'queue', help: 'Queue' });
  const touch = (name: string | undefined, value: number) => {
    trace = name;
    clock.now += 1;
    counter.inc(value);
    histogram.observe(value);
    gauge.set(value);
  };
  touch('a', 0.5);
  touch('b', 3);
  touch('c', 0.75);
  touch(undefined, 0.25);
  touch('never', -1);
  const at = (labels: object, value: number, timestamp: number) => ({ labels, value, timestamp });
  const c = at({ trace_id: 'c' }, 0.75, 1_700_000_003.5);
  const [jobs, wait, queue] = registry.collect();
  expect(jobs!.series).toMatchObject([{ value: 4.5, exemplar: c }]);
  expect(wait!.series).toMatchObject([
    { buckets: [3, 0, 1], exemplars: [c, undefined, at({ trace_id: 'b' }, 3, 1_700_000_002.5)] },
  ]);
  expect(queue!.series[0]).not.toHaveProperty('exemplar');
});

test('what was collected keeps its exemplars', () => {
  let trace = 'a';
  const { registry } = exemplars(() => ({ trace_id: trace }));
  const histogram = registry.histogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1] });
  histogram.observe(0.5);
  const [before] = registry.collect();
  trace = 'b';
  histogram.observe(0.5);
  expect(before!.series).toMatchObject([{ exemplars: [{ labels: { trace_id: 'a' } }, undefined] }]);
});

const trace = { trace_id: 'given' };
const given: [name: string, exemplar: unknown, labels: object | undefined, said: RegExp | undefined][] = [
  ['labels', trace, trace, undefined],
  ['undefined: the trace has it', undefined, { trace_id: 'active' }, undefined],
  ['null', null, undefined, /needs a label/],
  ['no labels', {}, undefined, /needs a label/],
  ['a text', 'abc', undefined, /"0" is not a label name/],
  ['a number as a value', { trace_id: 7 }, undefined, /trace_id must be text, not 7/],
  ['a name that no format can have', { 'trace-id': 'x' }, undefined, /"trace-id" is not a label name/],
  ['more than 128 characters', long(129), undefined, /128 characters together, not 129/],
  ['128 characters', long(128), long(128), undefined],
];
test.each(given)('an exemplar that the user gives: %s', (_name, exemplar, labels, problem) => {
  const { registry, faults, said } = exemplars(() => ({ trace_id: 'active' }));
  const counter = registry.counter({ name: 'jobs_total', help: 'Jobs' });
  const histogram = registry.histogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1] });
  const options = { exemplar } as ObserveOptions;
  counter.inc(2, options);
  histogram.observe(3, options);
  const at = (value: number) => labels && { labels, value, timestamp: 1_700_000_000.5 };
  const [jobs, wait] = registry.collect();
  expect(jobs!.series).toMatchObject([{ value: 2, exemplar: at(2) }]);
  expect(wait!.series).toMatchObject([{ sum: 3, ...(labels && { exemplars: [undefined, at(3)] }) }]);
  expect(wait!.series[0]).toHaveProperty('exemplars', labels && [undefined, at(3)]);
  expect(faults.counts).toEqual({ exemplar: problem === undefined ? 0 : 2, metric: 0 });
  expect(said).toEqual(
    problem === undefined
      ? []
      : ['jobs_total', 'wait_seconds'].map((name) =>
          expect.stringMatching(`^exemplar: "${name}": .*${problem.source}`),
        ),
  );
});

test('an exemplar that the user gives needs no option, and one that is given later replaces it', () => {
  const registry = new Registry(new FaultCounter(['exemplar', 'metric'], ['metric']), { wallClock: () => 7 });
  const counter = registry.counter({ name: 'jobs_total', help: 'Jobs', labelNames: ['kind'] });
  const [some, other] = [counter.labels({ kind: 'a' }), counter.labels({ kind: 'b' })];
  some.inc(1, { exemplar: { trace_id: '1' } });
  some.inc(2, { exemplar: { trace_id: '2' } });
  some.inc();
  some.inc(1, {});
  other.inc(1, null as never);
  expect(registry.collect()[0]!.series).toMatchObject([
    { value: 5, exemplar: { labels: { trace_id: '2' }, value: 2, timestamp: 7 } },
    { value: 1, exemplar: undefined },
  ]);
});

test('an observation that is dropped leaves no exemplar', () => {
  const registry = new Registry(new FaultCounter(['exemplar', 'metric'], ['metric'], () => {}));
  registry.counter({ name: 'jobs_total', help: 'Jobs' }).inc(-1, { exemplar: trace });
  registry.histogram({ name: 'wait_seconds', help: 'Waiting' }).observe(NaN, { exemplar: trace });
  const [jobs, wait] = registry.collect();
  expect(jobs!.series).toMatchObject([{ value: 0, exemplar: undefined }]);
  expect(wait!.series).toMatchObject([{ sum: 0, exemplars: undefined }]);
});

test("the user's object may change after the observation", () => {
  const registry = new Registry(new FaultCounter(['exemplar', 'metric'], ['metric']), { wallClock: () => 7 });
  const labels = { trace_id: '1' };
  registry.counter({ name: 'jobs_total', help: 'Jobs' }).inc(1, { exemplar: labels });
  labels.trace_id = '2';
  expect(registry.collect()[0]!.series).toMatchObject([{ exemplar: { labels: { trace_id: '1' } } }]);
});
