import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/servers/binaries.ts';
import { type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';
import { events, Reader } from '../support/stream-reader.ts';

const engines = ['prometheus', 'prometheus3'] as const;
const blockSeconds = 3;

/** A service of its own, whose event loop stands still when it is sent a message. */
const program = `
  import { GrpcMetrics } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
  const { port } = await new GrpcMetrics({ runtime: true }).expose({ port: 0, host: '127.0.0.1' });
  process.on('message', () => {
    const end = performance.now() + ${blockSeconds * 1000};
    while (performance.now() < end);
  });
  process.send(port);
`;

/** What a text exposition says of a sample without labels. */
const sampleIn = (text: string, name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);

describeWith(
  engines,
  'all readers see a block of the event loop, also when the scrapes that met it timed out',
  (paths) => {
    let service: ChildProcess;
    let port: number;
    const servers: RunningPrometheus[] = [];

    beforeAll(async () => {
      const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
      service = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      [port] = (await once(service, 'message')) as [number];
      const config = { global: { scrape_timeout: '900ms' } };
      const options = { config, targets: [`127.0.0.1:${port}`], scrapeInterval: '1s' };
      for (const engine of engines) servers.push(await startPrometheus({ ...options, binary: paths[engine] }));
      await Promise.all(servers.map((server) => server.waitForScrapes(2)));
    });
    afterAll(async () => {
      service.kill('SIGKILL');
      await Promise.all(servers.map((server) => server.stop()));
    });

    /** Reads all the time, and at times another family only: neither may take anything from the others. */
    async function curl(isOver: () => boolean): Promise<number> {
      let longest = 0;
      while (!isOver()) {
        for (const query of ['', '?name[]=grpc_service_info']) {
          const text = await (await fetch(`http://127.0.0.1:${port}/metrics${query}`)).text();
          longest = Math.max(longest, sampleIn(text, 'nodejs_eventloop_lag_max_seconds') || 0);
        }
        await sleep(100);
      }
      return longest;
    }

    /** What the live page shows to somebody who opens it after the block. */
    async function pageLag(): Promise<number> {
      const leave = new AbortController();
      const response = await fetch(`http://127.0.0.1:${port}/live`, { signal: leave.signal });
      const reader = new Reader();
      let longest = 0;
      for await (const event of events(response.body!)) {
        if (!('event' in event) || event.event !== 'frame') continue;
        reader.read(event.data);
        const lag = reader.table().nodejs_eventloop_lag_max_seconds?.series['[[],null]'];
        longest = Math.max(longest, Number(lag ?? 0));
        if (longest > blockSeconds - 0.1 || reader.times.length > 30) break;
      }
      leave.abort();
      return longest;
    }

    test('two servers, a loop of curl, and the live page that is opened afterwards', { timeout: 60_000 }, async () => {
      let isOver = false;
      const curled = curl(() => isOver);
      service.send('block');
      await sleep(blockSeconds * 1000);
      await Promise.all(servers.map((server) => server.waitForScrapes(2)));
      const shown = await pageLag();
      isOver = true;
      const least = blockSeconds - 0.1;
      expect(await curled).toBeGreaterThan(least);
      expect(shown).toBeGreaterThan(least);
      for (const server of servers) {
        const ask = async (query: string) => (await server.query(query)).map(({ value }) => value);
        expect(await ask('min_over_time(up[30s])')).toEqual([0]);
        expect((await ask('max_over_time(nodejs_eventloop_lag_max_seconds[30s])'))[0]).toBeGreaterThan(least);
        const delay = 'nodejs_eventloop_delay_seconds';
        expect(await ask(`${delay}_count - on () ${delay}_bucket{le="2.5"}`)).toEqual([1]);
      }
    });
  },
);
