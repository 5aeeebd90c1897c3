import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashSync } from 'bcryptjs';
import { afterEach, expect, test } from 'vitest';
import type { ExposeOptions } from '../../src/index.ts';
import { newFolder, removeFolders } from '../processes/folders.ts';
import { numbersIn } from '../processes/watch.ts';
import { createAuthority } from '../security/certificates.ts';
import { type Answered, basic, request } from '../security/request.ts';
import { Threaded } from './threaded.ts';

const running: Threaded[] = [];
afterEach(async () => {
  for (const service of running.splice(0)) await service.end();
  removeFolders();
});

/** How long the main thread is blocked, in milliseconds. */
const block = 10_000;

/** Far above what a quiet machine needs (docs/many-processes.md has the figures), and far below the block, in milliseconds. */
const slowest = 5000;

const blockedName = 'grpc_vitals_main_thread_blocked_seconds';

/** The frames of the live page's stream in the first part of the block. */
async function framesOf(url: string, { ca, headers = {} }: Client): Promise<string[]> {
  const { get } = url.startsWith('https:') ? https : http;
  const asked = get(url, { agent: false, headers, ...(ca !== undefined && { ca }) });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => {}); // it is cut off
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await sleep(block * 0.8);
  asked.destroy();
  return text.match(/^event: frame$/gm) ?? [];
}

/** What a client needs to ask an endpoint. */
interface Client {
  readonly ca?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function secured(): Promise<[ExposeOptions, Client]> {
  const authority = await createAuthority();
  const { cert, key } = await authority.issue();
  return [
    { tls: { cert, key }, users: { a: hashSync('secret', 4) } },
    { ca: authority.cert, headers: basic('a', 'secret') },
  ];
}

const endpoints: [name: string, isAlone: boolean, prepare: () => Promise<[ExposeOptions, Client]>][] = [
  ['of several processes', false, async () => [{}, {}]],
  ['of several processes, over TLS and with users', false, secured],
  ['of a process alone', true, async () => [{ thread: true }, {}]],
];
test.each(endpoints)(
  'while the main thread is blocked, every scrape is answered: %s',
  { timeout: 60_000 },
  async (_name, isAlone, prepare) => {
    const [exposeOptions, client] = await prepare();
    const service = new Threaded(isAlone ? {} : { processes: { folder: newFolder() } }, exposeOptions);
    running.push(service);
    const url = await service.url;
    const ask = (path: string): Promise<Answered> => request(`${url}${path}`, client);
    const scrape = async () => numbersIn((await ask('/metrics')).body);
    await service.tell({ count: 41 });
    expect((await scrape()).get('things_total')).toBe(41);
    expect(await ask('/-/healthy')).toMatchObject({ status: 200, body: expect.stringContaining('healthy') as string });

    const unblocked = service.tell({ count: 1, block });
    const frames = framesOf(`${url}/live`, client);
    const times: number[] = [];
    const counts = new Set<number | undefined>();
    const blocked: number[] = [];
    const healths = new Set<string>();
    const asked = new Set<number | undefined>();
    while (!service.isDone) {
      const begin = performance.now();
      const scraped = await scrape();
      times.push(performance.now() - begin);
      counts.add(scraped.get('things_total'));
      blocked.push(scraped.get(blockedName)!);
      if (scraped.get(blockedName)! > 0) asked.add(scraped.get('asked'));
      healths.add((await ask('/-/healthy')).body.replace(/\d+\.\d/, 'N'));
      healths.add((await ask('/-/ready')).body.replace(/\d+\.\d/, 'N'));
      await sleep(200);
    }
    await unblocked;
    expect((await frames).length).toBeGreaterThan(4);
    expect(Math.max(...times)).toBeLessThan(slowest);
    expect([...counts].filter((count) => count !== 41 && count !== 42)).toEqual([]);
    expect(Math.max(...blocked)).toBeGreaterThan(block / 2000);
    expect(healths).toContain('not healthy: the main thread has been blocked for N s\n');
    expect(healths).toContain('not ready: the main thread has been blocked for N s\n');

    // Several processes read them every five seconds, a process alone when it is scraped.
    expect([...asked]).toEqual([isAlone ? undefined : 7]);
    await expect.poll(async () => (await scrape()).get(blockedName)).toBe(0);
    await expect.poll(async () => (await scrape()).get('asked')).toBe(7);
    // The thread reports what it has counted once a second. These scrapes count, too.
    let more = 0;
    const counted = async () => {
      more += 1;
      return (await scrape()).get('promhttp_metric_handler_requests_total{code="200"}')! - more;
    };
    await expect.poll(counted).toBeGreaterThanOrEqual(times.length);
    const after = await scrape();
    expect(after.get('things_total')).toBe(42);
    expect(after.get('grpc_vitals_errors_total{stage="scrape"}')).toBeGreaterThan(0);
    if (isAlone) expect(after.get('grpc_vitals_errors_total{stage="metric"}')).toBeGreaterThan(0);
    expect(service.warnings.filter((warning) => warning.startsWith('scrape: "main thread"'))).toHaveLength(1);
    expect((await ask('/-/ready')).body).toBe('ready\n');
  },
);
