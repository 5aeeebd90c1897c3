import { beforeAll, expect, test } from 'vitest';
import type { Problem } from '../../src/decode/problem.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { checkMetrics } from '../support/servers/promtool.ts';
import { type ScrapeVerdict, scrapeVerdicts } from '../support/servers/scrape-verdicts.ts';
import { answerOf, runCommand } from './host.ts';
import { goLike } from './real/go-like.ts';
import type { ExpectedRow, RealExposition } from './real/lines.ts';
import { openTelemetry } from './real/opentelemetry.ts';
import { otherLibraries } from './real/others.ts';
import { programs } from './real/programs.ts';

const plain = 'text/plain; version=0.0.4; charset=utf-8';
const expositions: readonly RealExposition[] = [...goLike, ...openTelemetry, ...otherLibraries, ...programs];
const ofCalls = expositions.flatMap((one) => (one.top === undefined ? [] : [{ ...one, top: one.top }]));
const ofOthers = expositions.filter(({ top }) => top === undefined);

/** Runs a command on an endpoint with so many calls at each of two scrapes, 2 s apart. */
async function run({ text, contentType = plain }: RealExposition, args: readonly string[]) {
  let at = 0;
  const texts = [text({ calls: 8 }), text({ calls: 16 })];
  return runCommand([...args, 'a'], {
    request: async () => answerOf(texts.length > 1 ? texts.shift()! : texts[0]!, { 'content-type': contentType }),
    now: () => at,
    sleep: async (seconds) => {
      at += seconds;
    },
  });
}

function expectedRow(top: ExpectedRow): object {
  const { side = 'server', method = '/demo.v1.Eliza/Say', errors = 0.25, hasQuantiles = true, inFlight = 1 } = top;
  const { faults = side === 'client' ? null : 0.25 } = top;
  const quantile = (seconds: number) => (hasQuantiles ? expect.closeTo(seconds, 9) : null);
  return {
    side,
    method,
    ratePerSecond: 4,
    errorRatio: errors,
    faultRatio: faults,
    p50: quantile(0.055),
    p95: quantile(0.0955),
    p99: quantile(0.0991),
    inFlight,
  };
}

test('there are more than 40 of them', () => {
  expect(expositions.length).toBeGreaterThan(40);
  expect(new Set(expositions.map(({ name }) => name)).size).toBe(expositions.length);
});

test.each(ofCalls)('top reads $name', async (exposition) => {
  const { code, out, err } = await run(exposition, ['top', '--once', '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out).methods).toEqual([expectedRow(exposition.top)]);
});

test.each(ofOthers)('top finds no calls in $name', async (exposition) => {
  const { code, err } = await run(exposition, ['top', '--once', '--json']);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('no metrics of gRPC calls') });
});

test.each(expositions)('check judges $name', async (exposition) => {
  const { code, out } = await run(exposition, ['check', '--json']);
  const problems = JSON.parse(out).targets[0].problems as Problem[];
  expect([...new Set(problems.map(({ rule }) => rule))].sort()).toEqual([...exposition.check].sort());
  expect(code).toBe(problems.some(({ severity }) => severity === 'error') ? 1 : 0);
  // Where the names in quotes were asked for, no reader refuses them.
  if (exposition.contentType?.includes('allow-utf-8')) return;
  const said = new Set(problems.flatMap(({ refusedBy = [] }) => refusedBy));
  const { refusedBy = [] } = exposition;
  expect([said.has('prometheus2'), said.has('prometheus3'), said.has('promtool')]).toEqual([
    refusedBy.includes('prometheus'),
    refusedBy.includes('prometheus3'),
    refusedBy.includes('promtool'),
  ]);
});

describeWith(['prometheus', 'prometheus3'], 'Prometheus', (paths) => {
  let old: ScrapeVerdict[];
  let current: ScrapeVerdict[];
  beforeAll(async () => {
    const answers = expositions.map(({ text, contentType = plain }) => ({
      headers: { 'content-type': contentType },
      body: text({ calls: 8 }),
    }));
    old = await scrapeVerdicts(paths.prometheus, answers);
    current = await scrapeVerdicts(paths.prometheus3, answers);
  });

  test.each(expositions.map((one, index) => ({ ...one, index })))('scrapes $name, or refuses it', (row) => {
    const { refusedBy = [], index } = row;
    expect([old[index], current[index]]).toMatchObject([
      { up: !refusedBy.includes('prometheus') },
      { up: !refusedBy.includes('prometheus3') },
    ]);
  });
});

const inText = expositions.filter(({ contentType = plain }) => !contentType.includes('openmetrics'));
describeWith(['promtool', 'promtool3'], 'promtool', (paths) => {
  test.each(inText)('reads $name, or refuses it', async ({ text, refusedBy = [] }) => {
    for (const tool of ['promtool', 'promtool3'] as const) {
      const { output } = await checkMetrics(paths[tool], text({ calls: 8 }));
      expect([tool, output.startsWith('error while linting')]).toEqual([tool, refusedBy.includes(tool)]);
    }
  });
});
