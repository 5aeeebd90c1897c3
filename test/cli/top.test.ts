import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { describeWith } from '../support/servers/binaries.ts';
import { untilExit } from '../support/wait.ts';
import { type Endpoint, serve as serveText } from './endpoint.ts';
import { goExposition, ownExposition } from './expositions.ts';
import { fakeRequest, refused, runCommand } from './host.ts';
import { Tmux } from './tmux.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** An endpoint whose calls grow with each scrape. */
async function serve(text: (scrapes: number) => string): Promise<Endpoint> {
  const endpoint = await serveText(text);
  closing.push(endpoint.close);
  return endpoint;
}

const shop = (scrapes: number): string =>
  ownExposition({ calls: scrapes * scrapes * 40, method: 'CreateOrder', seconds: 0.05 }) +
  ownExposition({ calls: scrapes * 8, method: 'WatchOrder', seconds: 0.5 }).replace(/^#.*\n/gm, '') +
  ownExposition({ calls: 0, method: 'Refund' }).replace(/^#.*\n/gm, '');

const fixed = (sleeps: number, ...args: string[]) =>
  `node --import tsx test/cli/fixed-clock.ts ${sleeps} top ${args.join(' ')}`;

describeWith(['tmux'], 'grpc-vitals top in a terminal', ({ tmux }) => {
  const open = (command: string, columns: number, rows: number) => {
    const terminal = new Tmux(tmux, command, columns, rows);
    closing.push(() => terminal.close());
    return terminal;
  };

  test('the table, again at every resize', async () => {
    const { url, port } = await serve(shop);
    const masked = (screen: string) => screen.replace(`:${port}/`, `:${'P'.repeat(String(port).length)}/`);
    const terminal = open(fixed(4, url), 100, 12);
    expect(masked(await terminal.until(/▃▅▆█/))).toMatchInlineSnapshot(`
      "http://127.0.0.1:PPPPP/metrics, every 2 s, by rate, ? for help

      METHOD                      RATE/s  FAULTS  ERRORS     P50     P95     P99  IN FLIGHT  TREND
      /demo.v1.Eliza/CreateOrder   180.0   25.0%   25.0%  55.0ms  95.5ms  99.1ms          1   ▃▅▆█
      /demo.v1.Eliza/WatchOrder     4.00   25.0%   25.0%   550ms   955ms   991ms          1   ████
      /demo.v1.Eliza/Refund         0.00       -       -       -       -       -          1   ▁▁▁▁"
    `);
    terminal.resize(58, 12);
    expect(masked(await terminal.until(/^METHOD.*P99$/m))).toMatchInlineSnapshot(`
      "http://127.0.0.1:PPPPP/metrics, every 2 s, by rate, ? for

      METHOD              RATE/s  FAULTS  ERRORS     P95     P99
      …Eliza/CreateOrder   180.0   25.0%   25.0%  95.5ms  99.1ms
      ….Eliza/WatchOrder    4.00   25.0%   25.0%   955ms   991ms
      …o.v1.Eliza/Refund    0.00       -       -       -       -"
    `);
    terminal.resize(50, 5);
    expect(masked(await terminal.until(/and 2 more/))).toMatchInlineSnapshot(`
      "http://127.0.0.1:PPPPP/metrics, every 2 s, by rate

      METHOD              RATE/s  FAULTS  ERRORS     P95
      …Eliza/CreateOrder   180.0   25.0%   25.0%  95.5ms
      and 2 more"
    `);
    terminal.resize(120, 12);
    await terminal.until(/▃▅▆█/);
  });

  test('a target that dies is shown as down, and its calls again when it is back', async () => {
    const first = await serve(shop);
    const second = await serve((scrapes) => goExposition({ calls: scrapes * 8 }));
    const terminal = open(fixed(500, '--by', 'target', first.url, second.url), 120, 14);
    await terminal.until(/2 of 2 targets up[\s\S]*Eliza\/Say/);
    second.server.close();
    second.server.closeAllConnections();
    // A scrape that is under way is cut off first.
    const down = await terminal.until(/1 of 2 targets up[\s\S]*nobody listens there/);
    expect(down).toContain(`DOWN ${second.url}: nobody listens there: ECONNREFUSED`);
    expect(down).not.toContain('Eliza/Say');
    expect(down).toContain(`127.0.0.1:${first.port}`);
    await new Promise<void>((resolve) => second.server.listen(second.port, '127.0.0.1', resolve));
    const back = await terminal.until(/2 of 2 targets up[\s\S]*Eliza\/Say/);
    expect(back).not.toContain('DOWN');
  });

  test.each([
    ['rows with errors are red', '', true],
    ['NO_COLOR', 'NO_COLOR=1 ', false],
    ['a terminal that has none', 'TERM=dumb ', false],
  ])('colours: %s', async (_name, variables, isColoured) => {
    const { url } = await serve(shop);
    const terminal = open(`env -u NO_COLOR ${variables}${fixed(2, url)}`, 100, 12);
    await terminal.until(/CreateOrder/);
    expect(terminal.colours()).toEqual(isColoured ? ['1', '31'] : []);
  });

  const many = (scrapes: number) =>
    Array.from({ length: 12 }, (_none, index) =>
      ownExposition({ calls: scrapes * scrapes * 40 * (index + 1), method: `M${String(index).padStart(2, '0')}` }),
    )
      .map((text, index) => (index === 0 ? text : text.replace(/^#.*\n/gm, '')))
      .join('');
  const methodsOf = (screen: string) => Array.from(screen.matchAll(/Eliza\/(\w+)/g), ([, name]) => name);

  test('keys scroll, sort, filter and help, between two scrapes', async () => {
    const { url } = await serve(many);
    const terminal = open(fixed(1, url), 110, 10);
    expect(methodsOf(await terminal.until(/and 6 more/))).toEqual(['M11', 'M10', 'M09', 'M08', 'M07', 'M06']);
    terminal.press('Down');
    terminal.press('Down');
    expect(methodsOf(await terminal.until(/2 above, 4 below/))[0]).toBe('M09');
    terminal.press('End');
    expect(methodsOf(await terminal.until(/6 above, 0 below/)).at(-1)).toBe('M00');
    terminal.press('Home');
    await terminal.until(/and 6 more/);
    for (let presses = 0; presses < 7; presses += 1) terminal.press('s'); // through all seven orders
    expect(methodsOf(await terminal.until(/by method/))).toEqual(['M00', 'M01', 'M02', 'M03', 'M04', 'M05']);
    terminal.press('/');
    terminal.press('m1');
    expect(methodsOf(await terminal.until(/filter: m1_/))).toEqual(['M10', 'M11']);
    terminal.press('z');
    await terminal.until(/no row matches the filter/);
    terminal.press('BSpace');
    terminal.press('Enter');
    expect(methodsOf(await terminal.until(/filter: m1, \?/))).toEqual(['M10', 'M11']);
    terminal.press('?');
    await terminal.until(/q +ends top, as Ctrl-C does/);
    terminal.press('x');
    await terminal.until(/filter: m1, \?/);
    terminal.press('Escape');
    expect(methodsOf(await terminal.until(/by method, \? for help/))).toHaveLength(6);
  });

  test('a row keeps its place while its rate changes, until r', async () => {
    // Each has its turn: all calls of a window are those of one method.
    const { url } = await serve((scrapes) =>
      ['One', 'Two']
        .map((method, index) =>
          ownExposition({ calls: 400 * (scrapes > 2 ? 1 + index * 9 : 1 - index) * scrapes, method }),
        )
        .map((text, index) => (index === 0 ? text : text.replace(/^#.*\n/gm, '')))
        .join(''),
    );
    const terminal = open(fixed(4, url), 110, 10);
    expect(methodsOf(await terminal.until(/Two +2000/))).toEqual(['One', 'Two']);
    terminal.press('r');
    expect(methodsOf(await terminal.until(/Two.*\n.*One/))).toEqual(['Two', 'One']);
  });

  test.each(['q', 'C-c'])('%s gives the terminal back as it was', async (key) => {
    const { url } = await serve(shop);
    const command = `sh -c "trap : INT; echo shell; node dist/cli.cjs top --interval 60m ${url}; echo exit \\$?; stty -a; sleep 100"`;
    const terminal = open(command, 100, 14);
    await terminal.until(/waiting for the second scrape/);
    expect(terminal.isAlternate()).toBe(true);
    terminal.press(key);
    const screen = await terminal.until(/exit 0[\s\S]*echo/);
    expect(screen).toMatch(/(?:^| )isig icanon /m);
    expect(screen).toMatch(/ echo /);
    expect(terminal.isAlternate()).toBe(false);
  });

  test('Ctrl-Z gives the terminal back, and fg draws again', async () => {
    const { url } = await serve(shop);
    const terminal = open('bash --norc --noprofile -i', 100, 14);
    terminal.type(`PS1='prompt> '; node dist/cli.cjs top --interval 200ms ${url}`);
    terminal.press('Enter');
    await terminal.until(/^\/demo.v1.Eliza\/CreateOrder/m);
    terminal.press('C-z');
    await terminal.until(/Stopped[\s\S]*prompt>$/);
    expect(terminal.isAlternate()).toBe(false);
    terminal.type('fg');
    terminal.press('Enter');
    await terminal.until(/^\/demo.v1.Eliza\/CreateOrder/m);
    terminal.press('s');
    await terminal.until(/by errors/);
    terminal.press('q');
    await terminal.until(/prompt>$/);
  });

  test('keys that are not from a terminal are left to others', async () => {
    const { url } = await serve(shop);
    const command = `sh -c "printf qqq | node dist/cli.cjs top --interval 200ms ${url}"`;
    const terminal = open(command, 100, 10);
    expect(await terminal.until(/CreateOrder/)).not.toContain('? for help');
  });

  test('Ctrl-C gives the terminal back', async () => {
    const { url } = await serve(shop);
    const command = `sh -c "trap : INT; echo shell; node dist/cli.cjs top --interval 200ms ${url}; echo exit $?; sleep 100"`;
    const terminal = open(command.replace('$?', '\\$?'), 100, 10);
    await terminal.until(/CreateOrder/);
    expect(terminal.isAlternate()).toBe(true);
    expect(terminal.screen()).not.toContain('shell');
    terminal.press('C-c');
    expect(await terminal.until(/exit/)).toBe('shell\nexit 0');
    expect(terminal.isAlternate()).toBe(false);
  });

  test('kill -HUP gives the terminal back, and is how it ended', async () => {
    const { url } = await serve(shop);
    const command = `echo shell; node dist/cli.cjs top --interval 200ms ${url} & wait \\$!; echo exit \\$?; sleep 100`;
    const terminal = open(`sh -c "${command}"`, 100, 10);
    await terminal.until(/CreateOrder/);
    process.kill(terminal.pid(/cli\.cjs top/), 'SIGHUP');
    expect((await terminal.until(/exit/)).replace(/^Hangup\n/m, '')).toBe('shell\nexit 129');
    expect(terminal.isAlternate()).toBe(false);
  });

  test('a terminal that is gone ends it by SIGHUP', async () => {
    const { url } = await serve(shop);
    const folder = await mkdtemp(join(tmpdir(), 'grpc-vitals-top-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'code');
    // The shell outlives its terminal to tell how the command ended.
    const command = `trap '' HUP; node dist/cli.cjs top --interval 200ms ${url}; echo \\$? >${file}`;
    const terminal = open(`sh -c "${command}"`, 100, 10);
    await terminal.until(/CreateOrder/);
    terminal.close();
    await vi.waitFor(async () => expect(await readFile(file, 'utf8')).toBe('129\n'), 10_000);
  });

  test('a dead target is said to be, on the screen that was there', async () => {
    const { url, server } = await serve(shop);
    server.close();
    const terminal = open(`sh -c "node dist/cli.cjs top ${url}; echo exit \\$?; sleep 100"`, 150, 10);
    const screen = await terminal.until(/exit 2/);
    expect(screen).toContain(`grpc-vitals: ${url}: nobody listens there: ECONNREFUSED`);
    expect(terminal.isAlternate()).toBe(false);
  });
});

const widths: [name: string, variables: Record<string, string>, width: number][] = [
  ['as wide as it gets', { COLUMNS: '' }, 90],
  ['as COLUMNS says', { COLUMNS: '50' }, 50],
];
test.each(widths)('without a terminal: %s', async (_name, variables, width) => {
  const { url } = await serve(shop);
  const args = ['dist/cli.cjs', 'top', '--once', '--interval', '50ms', url];
  const env = { ...process.env, ...variables, FORCE_COLOR: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  const longest = Math.max(...stdout.split('\n').map((line) => line.length));
  expect(longest).toBeGreaterThan(width - 20);
  expect(longest).toBeLessThanOrEqual(width);
});

test('without a terminal: a table each time, no escape sequence, ends with the pipe', async () => {
  const { url } = await serve(shop);
  const child = spawn(process.execPath, ['dist/cli.cjs', 'top', '--interval', '100ms', url]);
  closing.push(() => child.kill('SIGKILL'));
  let out = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    out += String(chunk);
    // Leaving the loop closes the pipe.
    if (out.split('METHOD').length > 3) break;
  }
  expect(out).not.toMatch(/(?!\n)\p{Cc}/u);
  expect(out).toMatch(/^http:\S+, every 0.1 s, by rate\n\nMETHOD .*RATE OVER TIME\n\/demo.v1.Eliza\/CreateOrder /);
  await untilExit(child);
  expect(child.exitCode).toBe(0);
});

const files: Record<string, (string | Error)[]> = {
  'http://a/metrics': [1, 2, 3, 4].map(shop),
  'http://b/metrics': [shop(1), refused, shop(2), shop(3)],
  'http://dead/metrics': [refused],
  'http://foreign/metrics': ['x 1\n'],
  'http://binary/metrics': ['grpc_requests_total{method="/a",status="OK"} 0x1\n'.repeat(3)],
};

/** Answers have all the time that they need: a sleep that they can end lasts until they do. */
const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

/** Runs top for so many sleeps, by a clock that only they move. */
async function topFor(sleeps: number, ...args: string[]) {
  const stop = new AbortController();
  let at = 0;
  let slept = 0;
  return runCommand(['top', ...args], {
    request: fakeRequest(files),
    now: () => at,
    sleep: async (seconds, signal) => {
      if (signal !== stop.signal) return aborted(signal);
      at += seconds;
      slept += 1;
      if (slept > sleeps) stop.abort();
    },
    interrupted: stop.signal,
  });
}

test('once', async () => {
  expect(await topFor(1, '--once', 'a')).toMatchInlineSnapshot(`
    {
      "code": 0,
      "err": "",
      "out": "METHOD                      RATE/s  FAULTS  ERRORS     P50     P95     P99  IN FLIGHT
    /demo.v1.Eliza/CreateOrder    60.0   25.0%   25.0%  55.0ms  95.5ms  99.1ms          1
    /demo.v1.Eliza/WatchOrder     4.00   25.0%   25.0%   550ms   955ms   991ms          1
    /demo.v1.Eliza/Refund         0.00       -       -       -       -       -          1
    ",
    }
  `);
});

test('once, with a target that died: its error, and exit code 2', async () => {
  const { code, out, err } = await topFor(1, '--once', '--by', 'target', 'a', 'b');
  expect(code).toBe(2);
  expect(err).toMatch(/^grpc-vitals: http:\/\/b\/metrics: nobody listens there: ECONNREFUSED \(.*\)\n$/);
  expect(out).toMatch(/^METHOD +TARGET +RATE\/s/);
  expect(out).not.toContain('http://b');
});

test('JSON: a line for each refresh; a target that was away is read over its whole absence', async () => {
  const { code, out } = await topFor(3, '--json', '--by', 'target', '--interval', '1s', 'b');
  expect(code).toBe(0);
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ targets }) => targets)).toEqual([
    [{ url: 'http://b/metrics', up: false, error: expect.stringContaining('ECONNREFUSED'), windowSeconds: null }],
    [{ url: 'http://b/metrics', up: true, windowSeconds: 2 }],
    [{ url: 'http://b/metrics', up: true, windowSeconds: 1 }],
  ]);
  const rates = lines.map(({ methods }) => methods.map((row: { ratePerSecond: number }) => row.ratePerSecond));
  expect(rates).toEqual([[], [60, 4, 0], [200, 8, 0]]);
  expect(lines[2].methods[0]).toEqual({
    side: 'server',
    method: '/demo.v1.Eliza/CreateOrder',
    target: 'http://b/metrics',
    ratePerSecond: 200,
    errorRatio: 0.25,
    faultRatio: 0.25,
    p50: expect.closeTo(0.055, 12),
    p95: expect.closeTo(0.0955, 12),
    p99: expect.closeTo(0.0991, 12),
    inFlight: 1,
  });
});

test('lines that are left out are told of', async () => {
  const half = `${shop(1)}grpc_requests_total{method="/\u001B[2J"} 1 # {} 1\n`;
  const cut = (scrapes: number) => half + shop(scrapes).replace(/.*\n$/, 'grpc_\n');
  const run = (...args: string[]) => topFor(1, 'cut', ...args);
  files['http://cut/metrics'] = [half, cut(2)];
  const warning =
    /^http:\/\/cut\/metrics: \d+ lines are left out, first line \d+: "#" is no timestamp \(grpc-vitals check says more\)$/;
  const { code, out, err } = await run('--once');
  expect([code, err]).toEqual([0, expect.stringMatching(/^grpc-vitals: http.*says more\)\n$/)]);
  expect(out).toContain('CreateOrder');
  expect((await run()).out).toContain('\nNOTE http://cut/metrics: ');
  const [target] = JSON.parse((await run('--json')).out).targets as { up: boolean; warning: string }[];
  expect(target).toMatchObject({ up: true, warning: expect.stringMatching(warning) });
});

test('many targets that are down leave room for the table', async () => {
  const stop = new AbortController();
  let slept = 0;
  const dead = Array.from({ length: 20 }, (_none, index) => `http://dead${index}/metrics`);
  const { out } = await runCommand(['top', 'a', ...dead], {
    request: fakeRequest({ ...files, ...Object.fromEntries(dead.map((url) => [url, [refused]])) }),
    sleep: async (_seconds, signal) => {
      if (signal !== stop.signal) return aborted(signal);
      slept += 1;
      if (slept > 1) stop.abort();
    },
    interrupted: stop.signal,
    terminal: { size: () => ({ columns: 60, rows: 12 }), color: false, onResize: () => () => {} },
  });
  const lines = out.split('\r\n').map((line) => line.replace('\u001B[K', ''));
  const head = lines.findLastIndex((line) => line.startsWith('METHOD'));
  expect(lines.slice(head - 5, head + 2)).toEqual([
    expect.stringMatching(/^DOWN http:\/\/dead0\/metrics: nobody/),
    expect.stringMatching(/^DOWN http:\/\/dead1\/metrics: nobody/),
    expect.stringMatching(/^DOWN http:\/\/dead2\/metrics: nobody/),
    'and 17 more such targets',
    '',
    expect.stringMatching(/^METHOD/),
    expect.stringContaining('CreateOrder'),
  ]);
});

const failures: [name: string, args: string[], code: number, says: string][] = [
  ['dead', ['dead'], 2, 'http://dead/metrics: nobody listens there'],
  ['foreign', ['foreign'], 2, 'http://foreign/metrics: no metrics of gRPC calls'],
  [
    'numbers of another kind',
    ['binary'],
    2,
    '3 lines are left out, first line 1: "0x1" is no number (grpc-vitals check',
  ],
  ['one of several foreign', ['a', 'foreign'], 2, 'http://foreign/metrics: no metrics of gRPC calls'],
  ['one of several dead', ['a', 'dead'], 0, ''],
  [
    'an order that is not known',
    ['a', '--sort', 'size'],
    2,
    '--sort size is not known: it is one of rate, errors, faults, p50, p95, p99, inflight, method',
  ],
  ['a column that is not known', ['a', '--by', 'size'], 2, '--by size is not known: it is one of method, target'],
  ['a target twice', ['a', 'http://a/metrics'], 2, 'a URL is given twice'],
];
test.each(failures)('targets and options: %s', async (_name, args, code, says) => {
  const ran = await topFor(1, ...args);
  expect(ran.code).toBe(code);
  if (says === '') expect(ran.err).toBe('');
  else expect(ran.err).toMatch(/^grpc-vitals: /);
  expect(ran.err).toContain(says);
  if (code === 2) expect(ran.out).toBe('');
});
