import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { Host } from '../../src/cli/host.ts';
import { type Endpoint, listen, serve } from './endpoint.ts';
import { goExposition, ownExposition } from './expositions.ts';
import { fakeRequest, type Ran, runCommand } from './host.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close();
});

/** `grpc-vitals top` as it runs, without a terminal. */
class Running {
  out = '';
  readonly ended: Promise<Ran>;
  readonly #written = new EventEmitter();
  readonly #stop = new AbortController();

  constructor(...args: string[]) {
    const host: Partial<Host> = {
      out: (text) => {
        this.out += text;
        this.#written.emit('text');
      },
      sleep: (seconds, signal) => wait(seconds * 1000, undefined, { signal }).catch(() => {}),
      interrupted: this.#stop.signal,
    };
    this.ended = runCommand(['top', ...args], host);
    closing.push(() => this.#stop.abort());
  }

  /** Waits for a table of which this is true. */
  async until(isThere: (table: string) => boolean): Promise<string> {
    for (;;) {
      const table = this.out.split(/^(?=http|\d+ of)/m).find(isThere);
      if (table !== undefined) return table;
      await once(this.#written, 'text');
    }
  }

  /** Tables after all that was written until now. */
  forget(): void {
    this.out = '';
  }

  stop(): Promise<Ran> {
    this.#stop.abort();
    return this.ended;
  }
}

/** An endpoint that answers so many scrapes, and the next ones never, or by half, until it is released; counts what it was asked. */
async function hangAfter(answers: number, half = ''): Promise<Endpoint & { asked: () => number; release: () => void }> {
  let asked = 0;
  let isReleased = false;
  const hanging: ServerResponse[] = [];
  const endpoint = await listen((_request, response) => {
    asked += 1;
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    if (isReleased || asked <= answers) return void response.end(goExposition({ calls: asked * 8 }));
    if (half !== '') response.write(half);
    return void hanging.push(response);
  });
  closing.push(endpoint.close);
  return {
    ...endpoint,
    asked: () => asked,
    release: () => {
      isReleased = true;
      for (const response of hanging.splice(0)) response.end(goExposition({ calls: 1000 }));
    },
  };
}

async function growing(): Promise<Endpoint & { asked: () => number }> {
  let asked = 0;
  const endpoint = await serve((scrapes) => {
    asked = scrapes;
    return ownExposition({ calls: scrapes * scrapes * 40, method: 'Fine' });
  });
  closing.push(endpoint.close);
  return { ...endpoint, asked: () => asked };
}

test.each([
  ['at all', ''],
  ['to its end', 'grpc_server_handled_total{grpc_'],
])(
  'a target that does not answer %s holds up no other, is said to be late, and is not asked again',
  async (_name, half) => {
    const [fine, hanging] = [await growing(), await hangAfter(2, half)];
    const top = new Running('--by', 'target', '--interval', '50ms', '--timeout', '10m', fine.url, hanging.url);
    await top.until((table) => table.includes('Eliza/Say'));
    const late = await top.until((table) => table.includes(`LATE ${hanging.url}: no answer for `));
    expect(late).toMatch(/^2 of 2 targets up/);
    expect(late).toMatch(/Eliza\/Say +127/);
    const rates = new Set<string>();
    while (rates.size < 4) {
      top.forget();
      rates.add(/Eliza\/Fine +\S+ +(\S+)/.exec(await top.until((table) => table.includes('LATE ')))![1]!);
    }
    expect(hanging.asked()).toBe(3);
    hanging.release();
    if (half === '') {
      top.forget();
      await top.until((table) => table.includes('Eliza/Fine') && !table.includes('LATE '));
    }
    expect((await top.stop()).code).toBe(0);
  },
);

test('a target that hangs from the start holds up no other', async () => {
  const [fine, hanging] = [await growing(), await hangAfter(0)];
  const top = new Running('--interval', '50ms', '--timeout', '10m', hanging.url, fine.url);
  const table = await top.until((text) => text.includes('LATE ') && text.includes('Eliza/Fine'));
  expect(table).toMatch(/^1 of 2 targets up/);
  expect(hanging.asked()).toBe(1);
  hanging.release();
  await top.until((text) => text.startsWith('2 of 2'));
  expect((await top.stop()).code).toBe(0);
});

test('what gives no answer in time is down, and asked again', async () => {
  const [fine, hanging] = [await growing(), await hangAfter(1)];
  const top = new Running('--interval', '50ms', '--timeout', '300ms', hanging.url, fine.url);
  await top.until((table) => table.includes(`DOWN ${hanging.url}: no answer within 0.3 s`));
  await top.until((table) => table.startsWith('1 of 2') && table.includes('Eliza/Fine') && hanging.asked() > 3);
  expect((await top.stop()).code).toBe(0);
});

test('Ctrl-C while nothing answers', async () => {
  const hanging = await hangAfter(0);
  const top = new Running('--timeout', '10m', hanging.url);
  await once(hanging.server, 'request');
  expect((await top.stop()).code).toBe(130);
});

test('with --json each line waits for all', async () => {
  const [fine, hanging] = [await growing(), await hangAfter(2)];
  const top = new Running('--json', '--interval', '50ms', '--timeout', '1s', fine.url, hanging.url);
  await top.until(() => top.out.split('\n').length > 2);
  const lines = (await top.stop()).code === 0 ? top.out.trimEnd().split('\n') : [];
  const states = lines
    .slice(0, 2)
    .map((line) => JSON.parse(line).targets as { up: boolean; error?: string; late?: string }[]);
  expect(states[0]).toMatchObject([{ up: true }, { up: true }]);
  expect(states[1]).toMatchObject([
    { up: true },
    { up: false, error: expect.stringContaining('no answer within 1 s') },
  ]);
  expect(top.out).not.toContain('"late"');
});

test('what another library tells of the same calls is no spike', async () => {
  const stop = new AbortController();
  const answers = [goExposition({ calls: 8 }), ownExposition({ calls: 4e6 }), ownExposition({ calls: 4e6 + 40 })];
  let at = 0;
  const { out } = await runCommand(['top', '--json', 'a'], {
    request: fakeRequest({ 'http://a/metrics': answers }),
    now: () => at,
    sleep: async (seconds) => {
      at += seconds;
      if (at > 2 * (answers.length - 1)) stop.abort();
    },
    interrupted: stop.signal,
  });
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { targets: object[]; methods: object[] });
  expect(lines).toMatchObject([
    { targets: [{ up: true, windowSeconds: null, warning: expect.stringContaining('another process') }], methods: [] },
    { targets: [{ up: true, windowSeconds: 2 }], methods: [{ method: '/demo.v1.Eliza/Say', ratePerSecond: 20 }] },
  ]);
});

const starts: [name: string, secondsAgo: number, window: unknown, warnings: number][] = [
  ['since: its counts are all of now', 0, expect.any(Number), 0],
  ['long before: its counts are of nobody knows when', 5000, null, 1],
];
test.each(starts)('another process that started %s', async (_name, secondsAgo, window, warnings) => {
  const now = Date.now() / 1000;
  const endpoint = await serve((scrapes) => {
    const start = scrapes === 1 ? now - 10_000 : now - secondsAgo;
    return `process_start_time_seconds ${start}\n${ownExposition({ calls: 4 * scrapes })}`;
  });
  closing.push(endpoint.close);
  const { out } = await runCommand(['top', '--once', '--json', endpoint.url]);
  const { targets } = JSON.parse(out) as { targets: { windowSeconds: unknown; warning?: string }[] };
  expect(targets.map(({ windowSeconds }) => windowSeconds)).toEqual([window]);
  expect(targets.filter(({ warning }) => warning?.includes('another process'))).toHaveLength(warnings);
});
