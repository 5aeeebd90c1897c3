import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Request } from '../../src/cli/request.ts';
import { answerOf, fakeRequest, refused, runCommand } from './host.ts';

const good = '# HELP x_total h\n# TYPE x_total counter\nx_total 2\n';
const warned = '# TYPE x_total counter\nx_total 2\n';
const wrong = '# HELP x_total h\n# TYPE x_total counter\nx_total -2\n';
const request = fakeRequest({
  'http://good/metrics': [good],
  'http://warned/metrics': [warned],
  'http://wrong/metrics': [wrong],
  'http://empty/metrics': [''],
  'http://falls/metrics': [good, good.replace('2', '1')],
  'http://dead/metrics': [refused],
  'http://dies/metrics': [good, refused],
  'http://page/metrics': ['<!doctype html>'],
  'http://json/metrics': ['{"status": "ok"}'],
  'http://wide/metrics': [
    `${wrong}# HELP y_total h\n# TYPE y_total counter\n${Array.from({ length: 300 }, (_none, i) => `y_total{id="${i}\u001B[2J"} NaN\n`).join('')}`,
  ],
});

const codes: [name: string, args: string[], code: number][] = [
  ['nothing is wrong', ['good'], 0],
  ['warnings', ['warned'], 0],
  ['warnings, strictly', ['--strict', 'warned'], 1],
  ['errors', ['wrong'], 1],
  ['one of several', ['good', 'wrong'], 1],
  ['a counter that falls, in one scrape', ['falls'], 0],
  ['a counter that falls', ['falls', '--interval', '10ms'], 1],
  ['nobody listens', ['dead'], 2],
  ['one of several is not there', ['wrong', 'dead'], 2],
  ['none of several is there', ['dead', 'page'], 2],
  ['it dies between two scrapes', ['dies', '--interval', '10ms'], 2],
  ['a page', ['page'], 2],
  ['JSON', ['json'], 2],
  ['an unknown option', ['good', '--nope'], 2],
  ['no URL', [], 2],
  ['help', ['--help'], 0],
  ['help, whatever else', ['good', '-h', '--nope'], 0],
];
test.each(codes)('exit code: %s', async (_name, args, code) => {
  const fresh = args.includes('falls')
    ? fakeRequest({ 'http://falls/metrics': [good, good.replace('2', '1')] })
    : request;
  const dying = args.includes('dies') ? fakeRequest({ 'http://dies/metrics': [good, refused] }) : fresh;
  const ran = await runCommand(['check', ...args], { request: dying });
  expect(ran.code).toBe(code);
  // What could not be done is on standard error, and what was found on standard output.
  expect(ran.err === '').toBe(code !== 2);
  expect(ran.out === '').toBe(code === 2 && !['wrong', 'dies'].includes(args[0] ?? ''));
});

const usage: [name: string, args: string[], says: string][] = [
  [
    'an unknown option',
    ['check', 'x', '--nope'],
    "Unknown option '--nope'; grpc-vitals check --help lists the options",
  ],
  ['an option without its value', ['check', 'x', '--interval'], 'argument missing'],
  ['no URL', ['check'], 'check needs a URL: grpc-vitals check http://localhost:8000/metrics'],
  [
    'no duration',
    ['check', 'x', '--interval', '5h'],
    '--interval 5h is no duration: write 500ms, 5s or 1m, up to a day',
  ],
  ['no time', ['check', 'x', '--timeout', '0'], '--timeout 0 is no duration'],
  ['no count', ['check', 'x', '--max-series', '1.5'], '--max-series 1.5 is no count: write a whole number from 1'],
  ['no URL of an endpoint', ['check', 'ftp://x'], 'ftp://x is no URL of an endpoint: write http://host:port/metrics'],
  ['no header', ['check', 'x', '--header', 'secret'], "a --header is not of the form 'Name: value'"],
  ['no command', ['chekc', 'x'], 'chekc is no command: it is check or top'],
  ['a member of every object', ['constructor'], 'constructor is no command'],
];
test.each(usage)('wrong usage is one line: %s', async (_name, args, says) => {
  const { code, out, err } = await runCommand(args, { request });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^grpc-vitals: .*\n$/);
  expect(err).toContain(says);
});

test('without a command it says what there is', async () => {
  const asked = await runCommand(['--help']);
  expect(asked).toEqual({ code: 0, out: expect.stringContaining('grpc-vitals check URL'), err: '' });
  expect(await runCommand([])).toEqual({ code: 2, out: '', err: asked.out });
});

test('--version prints the version of package.json', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }; // npm has it so
  expect(await runCommand(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test('the report: errors first, what is alike counted, nothing that steers the terminal', async () => {
  const { out } = await runCommand(['check', 'warned', 'wide', 'empty'], { request });
  const nan = 'the count is NaN (never add NaN: every later sum and rate is NaN too)';
  expect(out).toBe(`errors:
http://wide/metrics: x_total on line 3: the count is -2, less than 0 (make it a gauge if it can fall)
http://wide/metrics: y_total{id="0\\u001b[2J"} on line 6: ${nan}
http://wide/metrics: y_total{id="1\\u001b[2J"} on line 7: ${nan}
http://wide/metrics: y_total{id="2\\u001b[2J"} on line 8: ${nan}
http://wide/metrics: and 297 more like the last (--json lists the first 100)
warnings:
http://warned/metrics: x_total: no help text (say in a HELP line what it measures)
http://wide/metrics: y_total: label id has 300 values, more than 200: "0\\u001b[2J", "1\\u001b[2J", "2\\u001b[2J", ... (keep ids, addresses and free text out of labels; --max-label-values allows more)
http://empty/metrics: exposition: it has no samples (does it register its metrics, and is this their URL?)
http://warned/metrics: 0 errors, 1 warning in 1 family, 1 sample
http://wide/metrics: 301 errors, 1 warning in 2 families, 301 samples
http://empty/metrics: 0 errors, 1 warning in 0 families, 0 samples
`);
});

test('more problems than a call can have arguments', async () => {
  const many = (value: number) =>
    `${good}${Array.from({ length: 130_000 }, (_none, i) => `x_total{id="${i}"} ${value}\n`).join('')}`;
  const falling = fakeRequest({ 'http://falls/metrics': [many(2), many(1)] });
  const { code, out } = await runCommand(['check', 'falls', '--interval', '1ms'], { request: falling });
  expect(code).toBe(1);
  expect(out).toContain('130000 errors');
});

test('a long label is not printed whole, but in JSON', async () => {
  const long = fakeRequest({ 'http://long/metrics': [`${good}x_total{id="${'y'.repeat(1e6)}"} -1\n`] });
  const text = await runCommand(['check', 'long'], { request: long });
  expect(text.out).toMatch(/^errors:\nhttp:\/\/long\/metrics: x_total\{id="y{980,999}\.\.\. on line/m);
  expect(text.out.length).toBeLessThan(2000);
  const json = await runCommand(['check', 'long', '--json'], { request: long });
  expect(JSON.parse(json.out).targets[0].problems[0].subject).toHaveLength(1e6 + 'x_total{id=""}'.length);
});

test('a report without problems', async () => {
  const { out } = await runCommand(['check', 'good'], { request });
  expect(out).toBe('http://good/metrics: no problem in 1 family, 1 sample\n');
});

test('the report as JSON', async () => {
  const { code, out } = await runCommand(['check', '--json', 'wrong', 'good'], { request });
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    targets: [
      {
        url: 'http://wrong/metrics',
        families: 1,
        samples: 1,
        problems: [
          {
            severity: 'error',
            rule: 'negative_counter',
            subject: 'x_total',
            line: 3,
            problem: 'the count is -2, less than 0',
            remedy: 'make it a gauge if it can fall',
          },
        ],
      },
      { url: 'http://good/metrics', families: 1, samples: 1, problems: [] },
    ],
  });
});

test('an endpoint that is down hides nothing that is wrong with the others', async () => {
  const { out, err } = await runCommand(['check', 'dead', 'wrong', 'dies', '--interval', '10ms'], {
    request: fakeRequest({
      'http://dead/metrics': [refused],
      'http://wrong/metrics': [wrong],
      'http://dies/metrics': [warned, warned, refused],
    }),
  });
  expect(out).toBe(`errors:
http://wrong/metrics: x_total on line 3: the count is -2, less than 0 (make it a gauge if it can fall)
warnings:
http://dies/metrics: x_total: no help text (say in a HELP line what it measures)
http://wrong/metrics: 1 error, 0 warnings in 1 family, 1 sample
http://dies/metrics: 0 errors, 1 warning in 1 family, 1 sample
`);
  const why = 'nobody listens there: ECONNREFUSED (is the service running, and on this port?)';
  expect(err).toBe(`grpc-vitals: http://dead/metrics: ${why}\ngrpc-vitals: http://dies/metrics: ${why}\n`);
});

test('an endpoint that is down is in the JSON', async () => {
  const { code, out } = await runCommand(['check', '--json', 'dead', 'good'], { request });
  expect(code).toBe(2);
  expect(JSON.parse(out).targets).toEqual([
    {
      url: 'http://dead/metrics',
      error: expect.stringMatching(/^http:\/\/dead\/metrics: nobody listens there/),
      problems: [],
      families: 0,
      samples: 0,
    },
    { url: 'http://good/metrics', problems: [], families: 1, samples: 1 },
  ]);
});

test('limits are options', async () => {
  const { out } = await runCommand(['check', 'wide', '--max-series', '299', '--max-label-values', '300'], { request });
  expect(out).toContain('300 series, more than 299: id has 300 values');
  expect(out).not.toContain('label id has');
});

test('without a content type', async () => {
  const bare: Request = async () => answerOf(good, {});
  const { code, out } = await runCommand(['check', 'x'], { request: bare });
  expect(code).toBe(1);
  expect(out).toContain(
    'Content-Type: the answer has no Content-Type (answer with text/plain; version=0.0.4; charset=utf-8): Prometheus 3 refuses the whole answer',
  );
});

test('Ctrl-C while an endpoint does not answer', async () => {
  const server = createServer(() => stop.abort()).listen(0, '127.0.0.1');
  const stop = new AbortController();
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const start = performance.now();
  const ran = await runCommand(['check', `127.0.0.1:${port}`, '--timeout', '10s'], { interrupted: stop.signal });
  expect(ran).toEqual({ code: 130, out: '', err: '' });
  expect(performance.now() - start).toBeLessThan(5000);
  server.closeAllConnections();
  server.close();
});

test('Ctrl-C between two scrapes', async () => {
  const stop = new AbortController();
  const sleep = async () => stop.abort();
  const ran = await runCommand(['check', 'good', '--interval', '5s'], { request, sleep, interrupted: stop.signal });
  expect(ran).toEqual({ code: 130, out: '', err: '' });
});
