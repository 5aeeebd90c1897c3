import { expect, test } from 'vitest';
import { Readings } from './readings.ts';

const never = new Promise<never>(() => {});
const now = Promise.resolve('late' as const);
const failing = new Error('broken');

const outcomes: [name: string, question: () => unknown, outcome: object][] = [
  ['an answer', async () => 5, { answer: 5 }],
  ['an answer at once', () => 5, { answer: 5 }],
  ['a rejection', () => Promise.reject(failing), { error: failing }],
  [
    'a throw',
    () => {
      throw failing;
    },
    { error: failing },
  ],
];
test.each(outcomes)('%s, and the next time it is asked anew', async (_name, question, outcome) => {
  const readings = new Readings();
  const whom = {};
  let asked = 0;
  const ask = () => {
    asked += 1;
    return question();
  };
  expect(await readings.ask(whom, ask, never)).toEqual(outcome);
  expect(await readings.ask(whom, ask, never)).toEqual(outcome);
  expect(asked).toBe(2);
});

test('who asks meanwhile shares the answer', async () => {
  const readings = new Readings();
  const whom = {};
  let asked = 0;
  let give: (value: number) => void = () => {};
  const ask = () => {
    asked += 1;
    return new Promise<number>((resolve) => {
      give = resolve;
    });
  };
  const both = Promise.all([readings.ask(whom, ask, never), readings.ask(whom, ask, never)]);
  give(7);
  expect(await both).toEqual([{ answer: 7 }, { answer: 7 }]);
  expect(asked).toBe(1);
});

test('who is late is not asked again, nor waited for, until it has answered', async () => {
  const readings = new Readings();
  const whom = {};
  let asked = 0;
  let give: (value: number) => void = () => {};
  const ask = () => {
    asked += 1;
    return new Promise<number>((resolve) => {
      give = resolve;
    });
  };
  expect(await readings.ask(whom, ask, now)).toEqual({ missed: 'late' });
  // `never` would hang here if it waited.
  for (let scrape = 0; scrape < 3; scrape += 1) {
    expect(await readings.ask(whom, ask, never)).toEqual({ missed: 'still late' });
  }
  expect(asked).toBe(1);
  give(1);
  await new Promise((resolve) => setImmediate(resolve));
  const next = readings.ask(whom, ask, never);
  give(2);
  expect(await next).toEqual({ answer: 2 });
  expect(asked).toBe(2);
});

test('one that is late costs the others nothing', async () => {
  const readings = new Readings();
  const slow = {};
  await readings.ask(slow, () => never, now);
  expect(await readings.ask({}, () => 1, never)).toEqual({ answer: 1 });
});

test('who gives up waits for nothing that is under way, and for what is asked later', async () => {
  const readings = new Readings();
  const first = readings.wait(60);
  const slow = readings.ask({}, () => never, first.passed);
  readings.giveUp();
  expect(await slow).toEqual({ missed: 'given up' });
  first.clear();
  const second = readings.wait(60);
  expect(await readings.ask({}, async () => 1, second.passed)).toEqual({ answer: 1 });
  second.clear();
});
