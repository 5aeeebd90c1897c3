import { expect, test, vi } from 'vitest';
import { FaultCounter } from './fault-counter.ts';
import type { Warn } from './logger.ts';

const stages = ['call', 'include', 'scrape'] as const;
const limits = ['label_values', 'series'] as const;

function counter(warn?: Warn) {
  return new FaultCounter(stages, limits, warn);
}

const suffix = '(further faults of this stage are only counted)';

test('counts every fault and warns of the first of each stage', () => {
  const said: string[] = [];
  const faults = counter((message) => said.push(message));
  for (const round of [1, 2, 3]) for (const stage of stages) faults.count(stage, `cause ${round}`);
  faults.count('scrape', 'one more');
  expect(faults.counts).toEqual({ ...Object.fromEntries(stages.map((stage) => [stage, 3])), scrape: 4 });
  expect(said).toEqual(stages.map((stage) => `${stage}: cause 1 ${suffix}`));
});

test('warns of the first fault of each subject', () => {
  const said: string[] = [];
  const faults = counter((message) => said.push(message));
  for (const subject of ['a', 'b', 'a']) faults.count('include', 'what happened', subject);
  faults.count('include', 'what happened');
  expect(faults.counts.include).toBe(4);
  expect(said).toEqual([
    'include: "a": what happened (further faults of "a" are only counted)',
    'include: "b": what happened (further faults of "b" are only counted)',
    `include: what happened ${suffix}`,
  ]);
});

test('counts what goes to other, and warns once for each limit and subject', () => {
  const said: string[] = [];
  const faults = counter((message) => said.push(message));
  for (const subject of ['a', 'b', 'a']) faults.fold('label_values', `label "${subject}" is full`, subject);
  faults.fold('series', 'no more');
  faults.fold('series', 'no more');
  expect(faults.folded).toEqual({ label_values: 3, series: 2 });
  const further = 'further ones are under "other", and only counted';
  expect(said).toEqual([`label "a" is full: ${further}`, `label "b" is full: ${further}`, `no more: ${further}`]);
  expect(new Set(Object.values(faults.counts))).toEqual(new Set([0]));
});

test('warns of what is no fault once for each message', () => {
  const said: string[] = [];
  const faults = counter((message) => said.push(message));
  for (const message of ['one', 'two', 'one']) faults.note(message);
  expect(said).toEqual(['one', 'two']);
  expect(new Set(Object.values(faults.counts))).toEqual(new Set([0]));
});

test('warns of a hundred subjects at most', () => {
  const warn = vi.fn();
  const faults = counter(warn);
  for (let subject = 0; subject < 1000; subject += 1) faults.count('include', 'what happened', `${subject}`);
  expect(faults.counts.include).toBe(1000);
  expect(warn).toHaveBeenCalledTimes(100);
  faults.count('call', 'a stage without a subject');
  expect(warn).toHaveBeenCalledTimes(101);
});

const error = new TypeError('what happened');
const noStack = Object.assign(new Error('what happened'), { stack: undefined });
const brokenStack = Object.defineProperty(new Error('x'), 'stack', {
  get: () => {
    throw new Error('no stack either');
  },
});
const brokenMessage = Object.defineProperty(new Error('x'), 'message', {
  get: () => {
    throw new Error('no message either');
  },
});
const brokenText = {
  toString: () => {
    throw new Error('no text either');
  },
};

const causes: [name: string, cause: unknown, said: string[]][] = [
  ['an error', error, [`call: TypeError: what happened ${suffix}`]],
  ['an error without stack', noStack, [`call: Error: what happened ${suffix}`]],
  ['text', 'what happened', [`call: what happened ${suffix}`]],
  ['nothing', undefined, [`call: undefined ${suffix}`]],
  ['null', null, [`call: null ${suffix}`]],
  ['a symbol', Symbol('x'), [`call: Symbol(x) ${suffix}`]],
  ['an object without prototype', Object.create(null), [`call: [object Object] ${suffix}`]],
  ['an object whose text throws', brokenText, [`call: [object Object] ${suffix}`]],
  ['an error whose stack throws', brokenStack, [`call: Error: x ${suffix}`]],
  ['an error whose message throws', brokenMessage, []],
];
test.each(causes)('counting never throws: %s', (_name, cause, expected) => {
  const said: string[] = [];
  const faults = counter((message) => said.push(message));
  faults.count('call', cause);
  expect(faults.counts.call).toBe(1);
  expect(said).toEqual(expected);
});

test('a warning that throws is harmless, and the counter does not repeat it', () => {
  const warn = vi.fn(() => {
    throw new Error('no console');
  });
  const faults = counter(warn);
  faults.count('call', 'first');
  faults.count('call', 'second');
  expect(faults.counts.call).toBe(2);
  expect(warn).toHaveBeenCalledTimes(1);
});

const details: [name: string, warn: (faults: ReturnType<typeof counter>) => void, given: object][] = [
  ['a fault', (faults) => faults.count('call', error), { stage: 'call', error }],
  [
    'a fault of a subject',
    (faults) => faults.count('call', 'x', 'jobs'),
    { stage: 'call', subject: 'jobs', error: 'x' },
  ],
  ['a limit', (faults) => faults.fold('series', 'no more'), { limit: 'series' }],
  ['a limit of a subject', (faults) => faults.fold('series', 'no more', 'jobs'), { limit: 'series', subject: 'jobs' }],
  ['what is no fault', (faults) => faults.note('x'), {}],
];
test.each(details)('says in the details what a warning is about: %s', (_name, warn, given) => {
  const said = vi.fn();
  warn(counter(said));
  expect(said.mock.calls).toEqual([[expect.any(String), given]]);
});

test('warns with process.emitWarning by default', () => {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  try {
    counter().count('scrape', 'what happened');
    expect(emitWarning.mock.calls).toEqual([[`scrape: what happened ${suffix}`, { type: 'GrpcVitalsWarning' }]]);
  } finally {
    emitWarning.mockRestore();
  }
});
