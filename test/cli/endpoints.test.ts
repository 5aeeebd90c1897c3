import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { credentials, ServerCredentials } from '@grpc/grpc-js';
import { GrpcMetrics } from 'grpc-vitals';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { openShop } from '../../examples/shop.ts';
import { evenPlan, runPlan } from '../../examples/traffic.ts';
import {
  goExposition,
  javaExposition,
  oldJavaExposition,
  openTelemetryExposition,
  ownExposition,
  pythonExposition,
  type Told,
} from './expositions.ts';
import { runCommand } from './host.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(
  text: () => string | Promise<string>,
  contentType = 'text/plain; version=0.0.4; charset=utf-8',
): Promise<string> {
  const server: Server = createServer((_request, response) => {
    response.setHeader('content-type', contentType);
    void Promise.resolve(text()).then((body) => response.end(body));
  }).listen(0, '127.0.0.1');
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

test('our own endpoint, with all that there is, has no problem', async () => {
  const metrics = new GrpcMetrics({ runtime: true, nativeHistograms: true, createdSamples: true });
  const calls = metrics.counter({ name: 'jobs_total', help: 'Jobs', labelNames: ['kind'] });
  calls.labels({ kind: 'a "b"\n\\' }).inc();
  metrics.histogram({ name: 'upload_bytes', help: 'Size of uploads', buckets: [1e3, 1e6] }).observe(10);
  const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
  closing.push(() => endpoint.close());
  const { code, out } = await runCommand(['check', '--strict', '--interval', '50ms', `${endpoint.url}/metrics`]);
  expect(out).toMatch(/^\S+: no problem in \d\d families, \d\d+ samples\n$/);
  expect(code).toBe(0);
});

const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

test('our own endpoint in OpenMetrics, with all that there is, has no problem, and top reads the same', async () => {
  const shop = await openShop({ credentials: ServerCredentials.createInsecure(), port: 0, metricsPort: 0 });
  closing.push(() => shop.close());
  const { metricsUrl, address } = shop;
  const open = await serve(
    async () => (await fetch(metricsUrl, { headers: { accept: openMetrics } })).text(),
    openMetrics,
  );
  let at = 0;
  const sleep = async (seconds: number) => {
    await runPlan({ address, credentials: credentials.createInsecure(), plan: evenPlan(1) });
    at += seconds;
  };
  const top = await runCommand(['top', '--once', '--json', '--by', 'target', metricsUrl, open], {
    sleep,
    now: () => at,
  });
  const rows = JSON.parse(top.out).methods as { target: string }[];
  const of = (url: string) => rows.filter(({ target }) => target === url).map((row) => ({ ...row, target: '' }));
  expect(of(open).length).toBeGreaterThan(4);
  expect(of(open)).toEqual(of(metricsUrl));

  const metrics = new GrpcMetrics({
    runtime: true,
    createdSamples: true,
    exemplars: () => ({ trace_id: 'a "b"' }),
  });
  metrics
    .counter({ name: 'jobs_total', help: 'Jobs "done"', labelNames: ['kind'] })
    .labels({ kind: 'a' })
    .inc();
  metrics.histogram({ name: 'upload_bytes', help: 'Size of uploads', buckets: [1e3, 1e6] }).observe(10);
  const url = await serve(
    async () => Buffer.from(String((await metrics.render({ accept: openMetrics })).body)).toString(),
    openMetrics,
  );
  const check = await runCommand(['check', '--strict', '--interval', '50ms', url, open]);
  expect(check.out).toMatch(/^\S+: no problem in \d\d families, \d\d+ samples\n\S+: no problem in .*\n$/);
});

test('OpenMetrics can be asked for', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    asked.push(headers.accept);
    response.writeHead(200, { 'content-type': openMetrics }).end('x 1');
  }).listen(0, '127.0.0.1');
  closing.push(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const accept = 'application/openmetrics-text';
  const { out } = await runCommand([
    'check',
    `127.0.0.1:${(server.address() as AddressInfo).port}`,
    '--header',
    `Accept: ${accept}`,
  ]);
  expect(asked).toEqual([accept, accept]);
  expect(out).toContain('exposition on line 1: it does not end with # EOF (was it cut off?');
});

test('OpenMetrics that says it is text is said to be', async () => {
  const { out, code } = await runCommand(['check', await serve(() => '# HELP x h\n# TYPE x gauge\nx 1\n# EOF\n')]);
  expect(code).toBe(0);
  expect(out).toContain(
    'Content-Type: it ends as OpenMetrics, but says that it is text/plain (answer with application',
  );
});

test("the demo's shop and its clients' own metrics have no problem", async () => {
  const shop = await openShop({ credentials: ServerCredentials.createInsecure(), port: 0, metricsPort: 0 });
  closing.push(() => shop.close());
  const metrics = new GrpcMetrics({ exclude: [] });
  const clients = await metrics.expose({ port: 0, host: '127.0.0.1' });
  closing.push(() => clients.close());
  const insecure = credentials.createInsecure();
  await runPlan({ address: shop.address, credentials: insecure, metrics, plan: evenPlan(2) });
  const urls = [shop.metricsUrl, `${clients.url}/metrics`];
  const { code, out } = await runCommand(['check', '--strict', '--interval', '50ms', ...urls]);
  expect(out).toMatch(/^\S+: no problem in .*\n\S+: no problem in .*\n$/);
  expect(code).toBe(0);
});

test("prom-client's endpoint is read, and its remarks are those of promtool", async () => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const seconds = new Histogram({ name: 'rpcMs', help: 'h', registers: [register], labelNames: ['method'] });
  seconds.observe({ method: 'a' }, 1);
  new Counter({ name: 'calls', help: 'h', registers: [register] }).inc();
  const { code, out } = await runCommand(['check', '--json', await serve(() => register.metrics())]);
  const { problems } = JSON.parse(out).targets[0] as { problems: { rule: string; subject: string }[] };
  expect(problems.map(({ rule, subject }) => `${rule} ${subject}`).sort()).toEqual([
    'camel_case rpcMs',
    'counter_without_total calls',
    'total_without_counter nodejs_active_handles_total',
    'total_without_counter nodejs_active_requests_total',
    'total_without_counter nodejs_active_resources_total',
  ]);
  expect(code).toBe(0);
});

test("go-grpc-prometheus's endpoint: its statuses at 0 are missed where they are not there", async () => {
  const { out, code } = await runCommand(['check', await serve(() => goExposition({ calls: 4 }))]);
  expect(code).toBe(0);
  const series = 'grpc_server_handled_total{grpc_method="Say",grpc_service="demo.v1.Eliza",grpc_type="unary"}';
  expect(out).toContain(`${series}: no series for Unknown, DeadlineExceeded, Unimplemented, Unavailable, DataLoss`);
  expect(out).toContain('0 errors, 1 warning');
});

const libraries: [name: string, exposition: (told: Told) => string, side: string, inFlight: number | null][] = [
  ['Java, server', (told) => javaExposition(told, 'server'), 'server', 1],
  ['Java, client', (told) => javaExposition(told, 'client'), 'client', 1],
  ['older Java, server', (told) => oldJavaExposition(told, 'server'), 'server', 1],
  ['older Java, client', (told) => oldJavaExposition(told, 'client'), 'client', 1],
  ['Python', (told) => pythonExposition(told), 'server', 1],
  ['Python, legacy', (told) => pythonExposition(told, true), 'server', 1],
  ["gRPC's own with OpenTelemetry", (told) => openTelemetryExposition(told), 'server', 1],
];
test.each(libraries)(
  'top reads other libraries, and check has nothing to say that they cannot mend: %s',
  async (...row) => {
    const [, exposition, side, inFlight] = row;
    let [calls, at] = [4, 0];
    const url = await serve(() => exposition({ calls }));
    const sleep = async (seconds: number) => {
      calls += 8;
      at += seconds;
    };
    const top = await runCommand(['top', '--once', '--json', url], { sleep, now: () => at });
    expect(top).toMatchObject({ code: 0, err: '' });
    const quantiles = {
      p50: expect.closeTo(0.055, 12),
      p95: expect.closeTo(0.0955, 12),
      p99: expect.closeTo(0.0991, 12),
    };
    expect(JSON.parse(top.out).methods).toEqual([
      {
        side,
        method: '/demo.v1.Eliza/Say',
        ratePerSecond: 4,
        errorRatio: 0.25,
        faultRatio: side === 'server' ? 0.25 : null,
        ...quantiles,
        inFlight,
      },
    ]);
    const check = await runCommand(['check', '--strict', url]);
    // The one name that is against a convention.
    const remarks = check.out
      .split('\n')
      .filter((line) => !line.includes('grpc_client_completed: a counter without _total'));
    expect(remarks.filter((line) => line.includes(' ('))).toEqual([]);
  },
);

const vocabularies = ['basic', 'go', 'grpc', 'otel'] as const;
test.each(vocabularies)('top reads our own endpoint, naming: %s', async (naming) => {
  const shop = await openShop({ credentials: ServerCredentials.createInsecure(), port: 0, metricsPort: 0 });
  closing.push(() => shop.close());
  const { metricsUrl, address } = shop;
  const sleep = async () => {
    await runPlan({ address, credentials: credentials.createInsecure(), plan: evenPlan(1) });
  };
  const { code, out } = await runCommand(['top', '--once', '--json', `${metricsUrl}?naming=${naming}`], { sleep });
  expect(code).toBe(0);
  const { methods } = JSON.parse(out) as { methods: { method: string; ratePerSecond: number; p50: number | null }[] };
  const [order] = methods.filter(({ method }) => method === '/shop.v1.Orders/GetOrder');
  expect(order).toMatchObject({ ratePerSecond: expect.any(Number), p50: expect.any(Number) });
});

test('top reads Go and ours alike, and an endpoint that has had no call', async () => {
  const bare = await new GrpcMetrics().expose({ port: 0, host: '127.0.0.1' });
  closing.push(() => bare.close());
  let [calls, at] = [4, 0];
  const go = await serve(() => goExposition({ calls }));
  const ours = await serve(() => ownExposition({ calls }));
  const sleep = async (seconds: number) => {
    calls += 4;
    at += seconds;
  };
  const args = ['top', '--once', '--json', go, ours, `${bare.url}/metrics`];
  const ran = await runCommand(args, { sleep, now: () => at });
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(ran.out)).toEqual({
    targets: [go, ours, `${bare.url}/metrics`].map((url) => ({ url, up: true, windowSeconds: 2 })),
    methods: [
      {
        side: 'server',
        method: '/demo.v1.Eliza/Say',
        ratePerSecond: 4,
        errorRatio: 0.25,
        faultRatio: 0.25,
        // All calls between 0.01 and 0.1 s: on the line between these.
        p50: expect.closeTo(0.055, 12),
        p95: expect.closeTo(0.0955, 12),
        p99: expect.closeTo(0.0991, 12),
        inFlight: 2,
      },
    ],
  });
});

test("the rates of top are the demo's books", async () => {
  const shop = await openShop({ credentials: ServerCredentials.createInsecure(), port: 0, metricsPort: 0 });
  closing.push(() => shop.close());
  const { metricsUrl, address } = shop;
  const insecure = credentials.createInsecure();
  const plan = evenPlan(5);
  let books: Awaited<ReturnType<typeof runPlan>> | undefined;
  const sleep = async () => {
    books = await runPlan({ address, credentials: insecure, plan });
  };
  const { code, out } = await runCommand(['top', '--once', '--json', metricsUrl], { sleep });
  expect(code).toBe(0);
  const { targets, methods } = JSON.parse(out) as {
    targets: { windowSeconds: number }[];
    methods: { method: string; ratePerSecond: number; errorRatio: number; p50: number; inFlight: number }[];
  };
  const seen = new Map(methods.map((row) => [row.method, row]));
  const health = '/grpc.health.v1.Health/Check';
  for (const [method, statuses] of books!.calls) {
    // What the server does not have is under `unknown` there, and health checks are not recorded.
    if (method === health || !seen.has(method)) continue;
    const calls = [...statuses.values()].reduce((sum, count) => sum + count, 0);
    const { ratePerSecond, errorRatio, inFlight } = seen.get(method)!;
    expect([method, Math.round(ratePerSecond * targets[0]!.windowSeconds * 1e6) / 1e6]).toEqual([method, calls]);
    expect([method, errorRatio]).toEqual([method, expect.closeTo(1 - (statuses.get('OK') ?? 0) / calls, 9)]);
    expect([method, inFlight]).toEqual([method, 0]);
  }
  expect([...seen.keys()].filter((method) => books!.calls.has(method)).length).toBeGreaterThanOrEqual(4);
});

test('top refuses an endpoint without calls', async () => {
  const url = await serve(() => '# HELP x h\n# TYPE x gauge\nx 1\n');
  const { code, err } = await runCommand(['top', '--once', url]);
  expect(code).toBe(2);
  expect(err).toBe(
    `grpc-vitals: ${url}: no metrics of gRPC calls (top knows the names of grpc-vitals, go-grpc-prometheus, OpenTelemetry, Micrometer, OpenCensus, prometheus-net, go-zero and Envoy; grpc-vitals check looks at any endpoint)\n`,
  );
});
