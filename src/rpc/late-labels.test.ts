import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { beginCall, endCall, labelCall, labelLate } from './call.ts';
import type { CallStart } from './call-start.ts';
import { newCall } from './call-state.ts';
import { ClientStore } from './client-store.ts';
import { Faults } from './faults.ts';
import { SeriesBudget } from './limits/budget.ts';
import { CallLabels, type CallLabelsSpec } from './limits/call-labels.ts';
import { ServerStore } from './server-store.ts';
import { status } from './status.ts';

const path = '/a.B/C';
const spec = {
  peer: { from: ({ peer }) => peer },
  tenant: { late: true, maxValues: 3 },
  plan: { late: true },
} as const satisfies CallLabelsSpec;

function server(maxSeries?: number) {
  const said: string[] = [];
  const faults = new Faults((message) => said.push(message));
  const store = new ServerStore(faults, { labels: new CallLabels(spec, faults), budget: new SeriesBudget(maxSeries) });
  store.declare(path, 'bidi_stream');
  const begin = (key: object = {}) => {
    const call = newCall(store, store.method(path)!, () => Infinity, key);
    beginCall(call);
    return call;
  };
  return { store, faults, said, begin };
}

const startOf = (peer: string) => ({ peer, metadata: {} }) as CallStart;

test('a call is in flight under empty labels until its last late label is set', () => {
  const { store, begin } = server();
  const key = {};
  const call = begin(key);
  labelCall(call, startOf('p'));
  labelLate(store, key, { tenant: 'acme' });
  expect(store.method(path)).toMatchObject({ started: 0, inFlight: 1 });
  labelLate(store, { metadata: key }, { plan: 'gold' });
  expect(call.method.labels).toEqual({ peer: 'p', tenant: 'acme', plan: 'gold' });
  expect(call.method).toMatchObject({ started: 1, inFlight: 1, streams: { open: 1 } });
  expect(store.method(path)).toMatchObject({ started: 0, inFlight: 0 });
});

const ends: [name: string, late: Readonly<Record<string, unknown>>[], labels: string][] = [
  ['never labelled', [], 'p,,'],
  ['one of two labels', [{ plan: 'gold' }], 'p,,gold'],
  ['the same label twice: the last value', [{ plan: 'gold' }, { plan: 'free' }], 'p,,free'],
  ['both at once', [{ tenant: 'acme', plan: 'gold' }], 'p,acme,gold'],
  ['values that are no text', [{ tenant: 7, plan: null }], 'p,7,'],
];
test.each(ends)('a call that ends: %s', (_name, late, labels) => {
  const { store, begin, faults } = server();
  const key = {};
  const call = begin(key);
  labelCall(call, startOf('p'));
  for (const given of late) labelLate(store, key, given);
  endCall(call, status.OK);
  expect(Object.values(call.method.labels).join()).toBe(labels);
  expect(call.method).toMatchObject({ started: 1, inFlight: 0, finished: 1 });
  expect(faults.counts.label).toBe(0);
});

const faulty: [name: string, label: (key: object) => unknown, given: Record<string, unknown>, says: string][] = [
  ['a misspelt label', (key) => key, { tennant: 'a' }, 'did you mean "tenant"?'],
  ['a label that is read from calls', (key) => key, { peer: 'a' }, 'declare it as { peer: { late: true } }'],
  ['no call', () => 'text', { tenant: 'a' }, "labelCall() needs the handler's call or its metadata, not text"],
  ['a promise', (key) => key, { tenant: Promise.resolve('a') }, 'a promise cannot be a label'],
];
test.each(faulty)('%s is counted, and changes nothing', (_name, target, given, says) => {
  const { store, begin, faults, said } = server();
  const key = {};
  const call = begin(key);
  labelCall(call, startOf('p'));
  labelLate(store, target(key), given);
  endCall(call, status.OK);
  expect(Object.values(call.method.labels).join()).toBe('p,,');
  expect(faults.counts.label).toBe(1);
  expect(said).toEqual([expect.stringContaining(says)]);
});

test('labels that come after the end are counted as faults', () => {
  const { store, begin, faults, said } = server();
  const key = {};
  const call = begin(key);
  labelCall(call, startOf('p'));
  endCall(call, status.OK);
  labelLate(store, key, { tenant: 'acme' });
  expect(Object.values(call.method.labels).join()).toBe('p,,');
  expect(faults.counts.label).toBe(1);
  expect(said).toEqual([expect.stringContaining('came too late')]);
});

test('two stores that record the same call each have their labels', () => {
  const [one, two] = [server(), server()];
  const key = {};
  const calls = [one, two].map(({ begin }) => begin(key));
  for (const call of calls) labelCall(call, startOf('p'));
  labelLate(one.store, key, { tenant: 'a', plan: 'x' });
  labelLate(two.store, key, { tenant: 'b', plan: 'y' });
  expect(calls.map(({ method }) => method.labels.tenant)).toEqual(['a', 'b']);
});

test('a call that is not recorded has no labels, which is no fault', () => {
  const { store, faults } = server();
  labelLate(store, { metadata: {} }, { tenant: 'acme' });
  expect(faults.counts.label).toBe(0);
});

test('without late labels every use of them is a fault', () => {
  const faults = new Faults(() => {});
  labelLate(new ServerStore(faults), {}, { tenant: 'acme' });
  expect(faults.counts.label).toBe(1);
});

test("a client's calls do not wait for late labels, which are empty", () => {
  const faults = new Faults(() => {});
  const store = new ClientStore(faults, { labels: new CallLabels(spec, faults) });
  const call = newCall(store, store.method(path)!, () => Infinity, {});
  beginCall(call);
  labelCall(call, startOf('p'));
  expect(call.method.labels).toEqual({ peer: 'p', tenant: '', plan: '' });
  expect(call.method.inFlight).toBe(1);
});

type Step = 'label' | 'tenant' | 'plan' | 'end';
const oneCall = fc.record({
  steps: fc.shuffledSubarray<Step>(['label', 'tenant', 'plan', 'end']),
  peer: fc.constantFrom('p', 'q'),
  tenant: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  plan: fc.constantFrom('free', 'gold'),
});

test('whatever the order of labels and ends, each call is counted once under the labels that it had', () => {
  fc.assert(
    fc.property(fc.array(oneCall, { maxLength: 40 }), fc.integer({ min: 4, max: 60 }), (plans, maxSeries) => {
      const { store, begin, faults } = server(maxSeries);
      const expected: Record<string, number> = {};
      const tenants = new Set<string>();
      for (const plan of plans) {
        const key = {};
        const call = begin(key);
        const known: Record<string, string> = { peer: '', tenant: '', plan: '' };
        let [isLabelled, isOver] = [false, false];
        for (const step of [...plan.steps.filter((one) => one !== 'end' || plan.steps.length > 2), 'end' as const]) {
          if (step === 'end') endCall(call, status.OK);
          else if (step === 'label' && !isOver) labelCall(call, startOf(plan.peer));
          else if (step !== 'label') labelLate(store, key, { [step]: plan[step] });
          if (isOver) continue;
          if (step === 'end') isOver = true;
          else if (step === 'label') [isLabelled, known.peer] = [true, plan.peer];
          else if (isLabelled) known[step] = plan[step];
        }
        if (known.tenant !== '') {
          if (tenants.size < 3) tenants.add(known.tenant!);
          if (!tenants.has(known.tenant!)) known.tenant = 'other';
        }
        const labels = Object.values(known).join();
        expected[labels] = (expected[labels] ?? 0) + 1;
      }
      const counted: Record<string, number> = {};
      for (const method of store.methods()) {
        expect(method.inFlight).toBe(0);
        if (method.started > 0) counted[Object.values(method.labels).join()] = method.started;
      }
      const sum = (of: Record<string, number>) => Object.values(of).reduce((all, count) => all + count, 0);
      expect(sum(counted)).toBe(plans.length);
      if (faults.folded.series === 0) expect(counted).toEqual(expected);
      expect(faults.counts.call).toBe(0);
    }),
    { numRuns: 500 },
  );
});
