import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MetricFamily } from '../core/snapshot.ts';
import { ScrapeStats } from '../scrape/scrape-stats.ts';
import { expose, type MetricsEndpoint } from './endpoint.ts';
import type { ExposeOptions } from './expose-options.ts';

const families: MetricFamily[] = [{ name: 'x', type: 'gauge', help: 'X', series: [{ labels: {}, value: 1 }] }];
const body = '# HELP x X\n# TYPE x gauge\nx 1\n';
const endpoints: MetricsEndpoint[] = [];
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-socket-'));
  path = join(folder, 'metrics.sock');
});
afterEach(async () => {
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
  rmSync(folder, { recursive: true });
});

async function exposed(options: ExposeOptions = {}): Promise<MetricsEndpoint> {
  const source = { collect: () => families, failed: () => {}, stats: new ScrapeStats() };
  const endpoint = await expose(source, { socketPath: path, ...options });
  endpoints.push(endpoint);
  return endpoint;
}

async function scrape(headers: Record<string, string> = {}): Promise<string> {
  const asked = request({ socketPath: path, path: '/metrics', headers, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage]; // as documented
  return text(response);
}

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

/** The file of a socket whose process was killed: nobody listens on it. */
async function leaveStale(): Promise<void> {
  const server = createServer();
  await once(server.listen(`${path}.other`), 'listening');
  renameSync(`${path}.other`, path); // Node would remove it
  server.close();
  await once(server, 'close');
}

test('answers on the socket, and removes its file when it closes', async () => {
  const endpoint = await exposed();
  expect(await scrape()).toBe(body);
  expect(endpoint).toMatchObject({ url: `unix:${path}`, port: 0 });
  await endpoint.close();
  expect(existsSync(path)).toBe(false);
});

const modes: [name: string, options: ExposeOptions, mode: string][] = [
  ['its user alone by default', {}, '600'],
  ['the group, too', { socketMode: 0o660 }, '660'],
  ['everybody', { socketMode: 0o666 }, '666'],
];
test.each(modes)('who may connect: %s', async (_name, options, mode) => {
  await exposed(options);
  expect(modeOf(path)).toBe(mode);
});

test('a last scrape over the socket', async () => {
  const endpoint = await exposed();
  const last = endpoint.lastScrape({ timeoutSeconds: 60 });
  await scrape({ 'x-prometheus-scrape-timeout-seconds': '10' });
  expect(await last).toBe(true);
});

test('replaces what a killed process left behind', async () => {
  await leaveStale();
  await exposed();
  expect(await scrape()).toBe(body);
  expect(modeOf(path)).toBe('600');
});

const taken: [name: string, take: () => unknown][] = [
  ['another endpoint', () => exposed()],
  [
    'a process that lets nobody connect',
    async () => {
      await exposed();
      chmodSync(path, 0);
    },
  ],
  ['a file that is no socket', () => writeFileSync(path, 'important')],
];
test.each(taken)('does not take the path of %s', async (_name, take) => {
  await take();
  const { ino } = statSync(path);
  await expect(exposed()).rejects.toMatchObject({
    code: 'port_in_use',
    message: `the socket ${path} is in use, or the file is no socket: end the process that has it, or choose another path`,
  });
  expect(statSync(path).ino).toBe(ino);
  if (statSync(path).isFile()) expect(readFileSync(path, 'utf8')).toBe('important');
});

test('a folder that is not there', async () => {
  await expect(exposed({ socketPath: join(folder, 'no', 'metrics.sock') })).rejects.toMatchObject({
    code: 'listen_failed',
    message: expect.stringMatching(/^cannot listen on .*metrics\.sock: .*(ENOENT|EACCES)/) as string,
  });
});

const wrong: [options: ExposeOptions, message: RegExp][] = [
  [{ socketPath: 'a.sock', port: 8000 }, /^expose\(\) takes socketPath, or port and host, not both/],
  [{ socketPath: 'a.sock', host: '::1' }, /^expose\(\) takes socketPath, or port and host, not both/],
  [{ socketPath: '' }, /^socketPath must be the path of a file, not ""/],
  [{ socketPath: 'é'.repeat(52) }, /^socketPath must have at most 103 bytes/],
  [{ socketPath: 'a.sock', socketMode: 0o1777 }, /^socketMode must be a number from 0 to 0o777, not 1023/],
  [{ socketPath: undefined, socketMode: 0o600 }, /^socketMode needs socketPath/],
];
test.each(wrong)('%o is refused', async (options, message) => {
  await expect(exposed(options)).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringMatching(message) as string,
  });
});
