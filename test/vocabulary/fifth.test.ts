import { afterAll, beforeAll, expect, test } from 'vitest';
import { assemble, type Parts } from '../../src/assemble.ts';
import { top } from '../../src/cli/top/top.ts';
import type { Hello } from '../../src/live/protocol.ts';
import { readableShapes } from '../../src/naming/readable-shapes.ts';
import { allVocabularies } from '../../src/naming/vocabularies/all.ts';
import type { GrpcMetricsOptions } from '../../src/options.ts';
import { beginCall, endCall } from '../../src/rpc/call.ts';
import { newCall } from '../../src/rpc/call-state.ts';
import { status } from '../../src/rpc/status.ts';
import type { CallStore } from '../../src/rpc/store.ts';
import type { MetricsEndpoint } from '../../src/serve/endpoint.ts';
import { runCommand } from '../cli/host.ts';
import { events } from '../support/stream-reader.ts';
import { fifth } from './fifth.ts';

const vocabularies = [...allVocabularies, fifth];

/** A choice of vocabularies that TypeScript does not know. */
const naming = (...names: unknown[]) => names as NonNullable<GrpcMetricsOptions['naming']>;

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

async function serve(options: GrpcMetricsOptions): Promise<{ parts: Parts; endpoint: MetricsEndpoint }> {
  const parts = assemble(options, vocabularies);
  const endpoint = await parts.endpoints.expose({ port: 0, host: '127.0.0.1' });
  closing.push(() => endpoint.close());
  return { parts, endpoint };
}

function record(store: CallStore, path: string, ...codes: number[]): void {
  for (const code of codes) {
    const call = newCall(store, store.method(path)!, () => Infinity);
    beginCall(call);
    endCall(call, code);
  }
}

/** The lines of a scrape that are of the fifth vocabulary. */
async function linesAt(url: string, query = ''): Promise<string[]> {
  const text = await (await fetch(`${url}/metrics${query}`)).text();
  return text.split('\n').filter((line) => line.startsWith('fifth_') || line.startsWith('shop_fifth_'));
}

let asked: Awaited<ReturnType<typeof serve>>;
let chosen: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  asked = await serve({});
  chosen = await serve({ naming: naming({ use: 'fifth', namespace: 'shop' }) });
  for (const { parts } of [asked, chosen]) {
    record(parts.server, '/a.B/C', status.OK, status.OK, status.INTERNAL);
    record(parts.client, '/a.B/D', status.OK);
  }
});

test('a scrape has it where it is chosen, with its own bounds', async () => {
  expect(await linesAt(chosen.endpoint.url)).toEqual([
    'shop_fifth_server_calls_total{svc="a.B",call="C",code="0"} 2',
    'shop_fifth_server_calls_total{svc="a.B",call="C",code="13"} 1',
    'shop_fifth_server_call_seconds_bucket{svc="a.B",call="C",le="0.03"} 3',
    'shop_fifth_server_call_seconds_bucket{svc="a.B",call="C",le="3"} 3',
    'shop_fifth_server_call_seconds_bucket{svc="a.B",call="C",le="+Inf"} 3',
    expect.stringMatching(/^shop_fifth_server_call_seconds_sum\{svc="a.B",call="C"\} /),
    'shop_fifth_server_call_seconds_count{svc="a.B",call="C"} 3',
    'shop_fifth_server_calls_running{svc="a.B",call="C"} 0',
    'shop_fifth_client_calls_total{svc="a.B",call="D",code="0"} 1',
    ...Array.from({ length: 5 }, () => expect.stringMatching(/^shop_fifth_client_call_seconds/)),
    'shop_fifth_client_calls_running{svc="a.B",call="D"} 0',
  ]);
});

test('a scrape can ask for it', async () => {
  const { url } = asked.endpoint;
  expect(await linesAt(url)).toEqual([]);
  expect(await linesAt(url, '?naming=fifth')).toContain('fifth_server_calls_total{svc="a.B",call="C",code="13"} 1');
  const response = await fetch(`${url}/metrics?naming=sixth`);
  expect([response.status, await response.text()]).toEqual([
    400,
    expect.stringContaining('basic, go, grpc, otel, fifth'),
  ]);
});

const refused: [name: string, options: GrpcMetricsOptions, message: string][] = [
  ['a name that it does not have', { naming: naming('sixth') }, 'but basic, go, grpc, otel, fifth'],
  ['a label that it has', { callLabels: { svc: 'x' } }, '"svc" is a label of'],
  ['a label with its prefix', { callLabels: { fifth_x: 'x' } }, '"fifth_x" is a label of'],
  [
    'an option of another',
    { naming: naming({ use: 'fifth', codeOnDurations: true }) },
    '"fifth": unknown option "codeOnDurations", an option of "go"',
  ],
];
test.each(refused)('options are checked by it: %s', (_name, options, message) => {
  expect(() => assemble(options, vocabularies)).toThrow(message);
});

test("the page's queries ask for it, in the stream", async () => {
  const response = await fetch(`${chosen.endpoint.url}/live`);
  let hello: Hello | undefined;
  for await (const event of events(response.body!)) {
    if ('event' in event && event.event === 'hello') hello = event.data;
    if (hello !== undefined) break;
  }
  const faults = 'code=~"2|4|12|13|14|15"';
  const ofServer = (labels = '') => `sum by (svc, call) (rate(shop_fifth_server_calls_total${labels}[$window]))`;
  expect(hello!.queries).toEqual({
    'server.rate': ofServer(),
    'server.status': 'sum by (code) (rate(shop_fifth_server_calls_total{code!="0"}[$window]))',
    'server.faults': `${ofServer(`{call!="unknown", ${faults}}`)} / (${ofServer('{call!="unknown"}')} > 0)`,
    ...Object.fromEntries(
      ['0.5', '0.95', '0.99'].map((share) => [
        `server.p${Number(share) * 100}`,
        `histogram_quantile(${share}, sum by (svc, call, le) (rate(shop_fifth_server_call_seconds_bucket[$window]))) >= 0`,
      ]),
    ),
    'server.inFlight': 'sum by (svc, call) (shop_fifth_server_calls_running)',
    ...Object.fromEntries(
      ['rate', 'status', 'faults', 'p50', 'p95', 'p99', 'inFlight'].map((chart) => [
        `client.${chart}`,
        expect.stringContaining('shop_fifth_client_call'),
      ]),
    ),
  });
});

test('top reads it', async () => {
  const { parts, endpoint } = await serve({ naming: naming('fifth') });
  record(parts.server, '/a.B/C', status.OK);
  let at = 0;
  const sleep = async (seconds: number) => {
    record(parts.server, '/a.B/C', status.OK, status.OK, status.OK, status.INTERNAL);
    at += seconds;
  };
  const { out, code } = await runCommand(
    ['--once', '--json', '--interval', '2s', `${endpoint.url}/metrics`],
    { sleep, now: () => at },
    (args, host) => top(args, host, readableShapes(vocabularies)),
  );
  expect(code).toBe(0);
  expect(JSON.parse(out).methods).toEqual([
    expect.objectContaining({ side: 'server', method: '/a.B/C', ratePerSecond: 2, errorRatio: 0.25, inFlight: 0 }),
  ]);
  expect(JSON.parse(out).methods[0].p95).toBeLessThan(0.03);
});
