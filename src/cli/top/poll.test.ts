import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { answerOf } from '../../../test/cli/host.ts';
import type { Host } from '../host.ts';
import type { Answer } from '../request.ts';
import { PolledTarget } from './poll.ts';
import { askPrompt } from './round.ts';

const calls = (value: number) => `grpc_requests_total{method="/a",status="OK"} ${value}\n`;

/** A target that answers when it is told to, and its host, of which the clock is set. */
class Told {
  at = 0;
  readonly asked: ((answer: Answer) => void)[] = [];
  readonly host: Host = {
    now: () => this.at,
    request: () => new Promise((resolve) => this.asked.push(resolve)),
    wallClock: () => this.at,
    out: () => {},
    err: () => {},
    sleep: (_seconds, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    interrupted: new AbortController().signal,
    terminal: undefined,
  };
  readonly target: PolledTarget = new PolledTarget({ url: 'http://a/metrics', headers: {} }, this.host, {
    timeout: 60,
    patience: 1,
    signal: this.host.interrupted,
  });

  /** Asks it, unless that is under way, and lets it answer at this time. */
  async answer(at: number, text: string): Promise<void> {
    const ended = this.target.ask();
    this.at = at;
    this.asked.at(-1)!(answerOf(text));
    await ended;
  }
}

test('a target is asked once at a time, and its rates are of its own scrapes', async () => {
  const told = new Told();
  const { target, asked } = told;
  await told.answer(0, calls(10));
  told.at = 2;
  await told.answer(2, calls(14));
  expect(target.latest()).toMatchObject({ state: { up: true, windowSeconds: 2 }, windows: [{ rate: 2 }] });

  told.at = 4;
  const ended = target.ask();
  told.at = 6;
  expect(target.ask()).toBe(ended);
  told.at = 8;
  expect(target.ask()).toBe(ended);
  expect(asked).toHaveLength(3);
  expect(target.latest()).toMatchObject({
    state: { up: true, late: 'http://a/metrics: no answer for 4 s, its calls are those of before' },
    windows: [{ rate: 2 }],
  });
  await told.answer(9, calls(84));
  expect(target.latest()).toEqual({
    state: { url: 'http://a/metrics', up: true, windowSeconds: 7 },
    windows: [expect.objectContaining({ rate: 10 })],
    processes: [],
  });
});

test('a target that never answered is late without calls; one that was down is not late, but down', async () => {
  const told = new Told();
  const { target } = told;
  const ended = target.ask();
  told.at = 3.25;
  expect(target.latest()).toEqual({
    state: { url: 'http://a/metrics', up: false, late: 'http://a/metrics: no answer for 3.3 s', windowSeconds: null },
    windows: [],
    processes: [],
  });
  told.asked[0]!(answerOf('<html>'));
  await ended;
  void target.ask();
  told.at = 10;
  const { state } = target.latest();
  expect(state).toEqual({ url: 'http://a/metrics', up: false, error: expect.any(String), windowSeconds: null });
});

test('a target whose answer is still read has answered', async () => {
  const told = new Told();
  const { target } = told;
  const ended = target.ask();
  const lines = Array.from(
    { length: 50_000 },
    (_none, index) => `grpc_requests_total{method="/${index}",status="OK"} 1\n`,
  );
  told.asked[0]!(answerOf(lines.join('')));
  told.at = 5;
  const said = new Set<string | undefined>();
  while (target.isUnderWay) {
    said.add(target.latest().state.late);
    await nextTurn();
  }
  await ended;
  expect([...said].at(-1)).toBe('http://a/metrics: its answer is large and still read');
  expect(target.latest().state).toMatchObject({ up: true, windowSeconds: null });
});

test('prompt is what was up, and answered in time', async () => {
  const told = new Told();
  const { target } = told;
  expect(target.isPrompt).toBe(true);
  await told.answer(0.9, calls(1));
  expect(target.isPrompt).toBe(true);
  await told.answer(2.9, calls(1));
  expect(target.isPrompt).toBe(false);
  await told.answer(3, calls(1));
  expect(target.isPrompt).toBe(true);
  await told.answer(3, '<html>');
  expect(target.isPrompt).toBe(false);
  const ended = target.ask();
  expect(target.isPrompt).toBe(false);
  told.asked.at(-1)!(answerOf(calls(1)));
  await ended;
  expect(target.isPrompt).toBe(true);
});

test('a round waits for what is prompt, and for nothing longer than its time', async () => {
  const [prompt, slow] = [new Told(), new Told()];
  await prompt.answer(0, calls(1));
  await slow.answer(3, calls(1));
  const both = [slow.target, prompt.target];
  const round = askPrompt(both, 2, prompt.host);
  prompt.asked.at(-1)!(answerOf(calls(2)));
  await round;
  expect(both.map(({ isUnderWay }) => isUnderWay)).toEqual([true, false]);
  // Neither answers.
  await askPrompt(both, 2, { ...prompt.host, sleep: async () => {} });
  expect([slow.asked.length, prompt.asked.length]).toEqual([2, 3]);
  // The prompt one is late now, so any answer of the two is waited for.
  const last = askPrompt(both, 2, prompt.host);
  slow.asked.at(-1)!(answerOf(calls(2)));
  prompt.asked.at(-1)!(answerOf(calls(3)));
  await last;
  expect(both.map(({ isUnderWay }) => isUnderWay)).toEqual([false, false]);
});

test('another process than before is said to be, and its calls wait for its next scrape', async () => {
  const told = new Told();
  await told.answer(0, calls(10));
  await told.answer(2, 'grpc_server_handled_total{grpc_service="s",grpc_method="a",grpc_code="OK"} 1000000\n');
  const warning = 'http://a/metrics: another process answers than before: its calls are shown from the next scrape on';
  expect(told.target.latest()).toEqual({
    state: { url: 'http://a/metrics', up: true, warning, windowSeconds: null },
    windows: [],
    processes: [],
  });
  await told.answer(4, 'grpc_server_handled_total{grpc_service="s",grpc_method="a",grpc_code="OK"} 1000006\n');
  expect(told.target.latest()).toMatchObject({ state: { windowSeconds: 2 }, windows: [{ method: '/s/a', rate: 3 }] });
});
