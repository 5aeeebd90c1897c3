import { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { describeWith, serverVersion } from '../support/servers/binaries.ts';
import { freePort, type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';
import { checkMetrics, run } from '../support/servers/promtool.ts';

const exposition = `# HELP demo_requests_total Requests.
# TYPE demo_requests_total counter
demo_requests_total{method="Say"} 7
# HELP demo_limit Limit.
# TYPE demo_limit gauge
demo_limit +Inf
`;

describeWith(['prometheus', 'prometheus3'], 'a real Prometheus', (paths) => {
  let exporter: Server;
  let address: string;
  let folder: string;
  const running = {} as Record<keyof typeof paths, RunningPrometheus>; // Filled before the first test.

  beforeAll(async () => {
    exporter = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8').end(exposition);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => exporter.once('listening', resolve));
    address = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
    folder = await mkdtemp(join(tmpdir(), 'grpc-vitals-rules-'));
    const rules = [
      { record: 'demo:double', expr: 'demo_requests_total * 2' },
      { alert: 'Demo', expr: 'demo_requests_total > 0' },
    ];
    const ruleFile = join(folder, 'rules.yml');
    await writeFile(ruleFile, JSON.stringify({ groups: [{ name: 'demo', rules }] }));
    const start = (binary: string) => startPrometheus({ binary, targets: [address], ruleFiles: [ruleFile] });
    [running.prometheus, running.prometheus3] = await Promise.all([start(paths.prometheus), start(paths.prometheus3)]);
  });

  afterAll(async () => {
    await Promise.all(Object.values(running).map((server) => server.stop()));
    exporter.closeAllConnections();
    exporter.close();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(['prometheus', 'prometheus3'] as const)('%s scrapes, answers and goes without a trace', async (name) => {
    const server = running[name];
    const before = Date.now() / 1000;
    await server.waitForScrapes(2);

    const labels = { __name__: 'demo_requests_total', instance: address, job: 'test', method: 'Say' };
    expect(await server.query('demo_requests_total')).toEqual([{ labels, value: 7, timestamp: expect.any(Number) }]);
    expect((await server.query('up')).map(({ value }) => value)).toEqual([1]);
    expect((await server.query('timestamp(up)'))[0]?.value).toBeGreaterThan(before);
    expect((await server.query('demo_limit'))[0]?.value).toBe(Number.POSITIVE_INFINITY);
    expect(await server.query('demo_requests_total', before - 3600)).toEqual([]);
    expect(await server.query('scalar(up)')).toEqual([{ labels: {}, value: 1, timestamp: expect.any(Number) }]);
    expect(await server.query('prometheus_build_info')).toEqual([]);
    await expect(server.query('sum(')).rejects.toThrow(/answers 400: .*parse error/);
    await expect(server.query('up[1m]')).rejects.toThrow('up[1m] is a matrix');

    const [target, ...others] = await server.targets();
    expect(others).toEqual([]);
    expect(target).toMatchObject({ health: 'up', lastError: '', labels: { instance: address, job: 'test' } });

    await expect.poll(async () => (await server.query('demo:double'))[0]?.value, { timeout: 15_000 }).toBe(14);
    await expect
      .poll(async () => (await server.rules()).map((rule) => [rule.group, rule.name, rule.health, rule.state]))
      .toEqual([
        ['demo', 'demo:double', 'ok', undefined],
        ['demo', 'Demo', 'ok', 'firing'],
      ]);

    expect(existsSync(join(server.folder, 'data', 'wal'))).toBe(true);
    await server.stop();
    await server.stop();
    expect(existsSync(server.folder)).toBe(false);
    await expect(fetch(`${server.url}/-/ready`)).rejects.toThrow();
  });
});

describeWith(['prometheus', 'prometheus3'], 'a Prometheus that does not do as asked', (paths) => {
  const binaries = Object.entries(paths);

  test.each(binaries)('%s with a bad flag fails with its own words', async (_name, binary) => {
    await expect(startPrometheus({ binary, flags: ['--no.such.flag'] })).rejects.toThrow(/ended.*no\.such\.flag/s);
  });

  test.each(binaries)('%s on a taken port is started on another one', async (_name, binary) => {
    const other = createServer((_request, response) => response.end('ready')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const taken = (other.address() as AddressInfo).port;
    const free = await freePort();
    const ports = [taken, free];
    const server = await startPrometheus({ binary, nextPort: async () => ports.shift() ?? 0 });
    expect(server.url).toBe(`http://127.0.0.1:${free}`);
    await server.stop();
    other.closeAllConnections();
    other.close();
  });

  test('one that scrapes nothing is said to', async () => {
    const server = await startPrometheus({ binary: paths.prometheus, targets: ['127.0.0.1:1'] });
    await expect(server.waitForScrapes(1, 300)).rejects.toThrow(/not scraped 1 times in 300 ms/);
    await server.stop();
  });

  test('a binary that is not there: nothing is signalled', async () => {
    const kill = vi.spyOn(ChildProcess.prototype, 'kill').mockReturnValue(false);
    onTestFinished(() => kill.mockRestore());
    await expect(startPrometheus({ binary: '/nowhere/prometheus' })).rejects.toThrow(/ENOENT/);
    expect(kill).not.toHaveBeenCalled();
  });
});

describeWith(['promtool', 'promtool3', 'prometheus', 'prometheus3'], 'promtool', (paths) => {
  const cases: [name: string, text: string, ok: boolean, output: RegExp][] = [
    ['a good exposition', exposition, true, /^$/],
    ['a lint remark', 'demo_requests_total 1\n', false, /no help text/],
    ['a broken line', 'demo_requests_total{ 1\n', false, /error while linting/],
  ];
  for (const binary of [paths.promtool, paths.promtool3]) {
    test.each(cases)(`check metrics by ${binary}: %s`, async (_name, text, ok, output) => {
      const result = await checkMetrics(binary, text);
      expect(result.ok).toBe(ok);
      expect(result.output).toMatch(output);
    });
  }

  test.each(Object.entries(paths))('%s is of the version in the manifest', async (name, path) => {
    const { code, stdout, stderr } = await run(path, ['--version']);
    expect(code).toBe(0);
    expect(stdout + stderr).toContain(`version ${serverVersion(name as keyof typeof paths)}`);
  });

  test('a run that takes too long fails', async () => {
    await expect(run(process.execPath, ['-e', 'setInterval(() => {}, 9)'], { timeoutMs: 300 })).rejects.toThrow(
      /SIGKILL \(bound: 300 ms\)/,
    );
  });
});
