import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Project, pack } from '../support/project.ts';
import { freePort } from '../support/servers/prometheus.ts';
import { type Scraped, scrape, sumOf } from './watch.ts';

/** What PM2 runs. In fork mode only one instance gets the port of gRPC. */
const service = `
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { GrpcMetrics } from 'grpc-vitals';

const same = (bytes) => bytes;
const bytes = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const say = { path: '/test.Echo/Say', requestStream: false, responseStream: false, ...bytes };
const server = new Server();
const metrics = new GrpcMetrics({ processes: true }).instrument(server);
server.addService({ Say: say }, { Say: (call, callback) => callback(null, call.request) });
server.bindAsync('127.0.0.1:' + process.env.GRPC_PORT, ServerCredentials.createInsecure(), () => {
  void metrics.expose({ port: process.env.METRICS_PORT, host: '127.0.0.1' });
});
process.on('SIGINT', () => server.tryShutdown(() => process.exit()));
`;

let project: Project;
beforeEach(async () => {
  project = new Project({ 'service.mjs': service });
  await project.install([pack(project.folder), '@grpc/grpc-js@1', 'pm2@7']);
}, 300_000);
afterEach(() => project.remove());

const modes: [mode: string, start: readonly string[][]][] = [
  ['cluster', [['start', 'service.mjs', '--name', 'shop', '-i', '3']]],
  ['fork', ['0', '1'].map(() => ['start', 'service.mjs', '--name', 'shop', '--force'])],
];
test.each(modes)(
  'instances of PM2 in %s mode are one target, through kills and a reload',
  { timeout: 300_000 },
  async (mode, start) => {
    const [grpcPort, metricsPort] = [await freePort(), await freePort()];
    const environment = {
      PM2_HOME: `${project.folder}/home`,
      GRPC_PORT: String(grpcPort),
      METRICS_PORT: String(metricsPort),
    };
    const pm2 = (args: readonly string[]) => project.run('pm2', args, { environment });
    const url = `http://127.0.0.1:${metricsPort}`;
    try {
      for (const args of start) await pm2(args);
      const instances = mode === 'cluster' ? 3 : 2;
      const alive = 'grpc_vitals_processes{state="alive"}';
      await expectSeen(url, (seen) => seen.get(alive), instances);
      let ok = await callAll(grpcPort, 400);
      await expectSeen(url, okCalls, ok);
      const pid = Number((await pm2(['pid', 'shop'])).trim().split('\n')[0]);
      process.kill(pid, 'SIGKILL');
      await expectSeen(url, (seen) => seen.get('grpc_vitals_process_deaths_total'), 1);
      await expectSeen(url, (seen) => seen.get(alive), instances);
      ok += await callAll(grpcPort, 100);
      await expectSeen(url, okCalls, ok);
      // In fork mode a reload ends all instances at the same time, so that the counts begin anew.
      if (mode === 'fork') return;
      await pm2(['reload', 'shop']);
      ok += await callAll(grpcPort, 100);
      await expectSeen(url, okCalls, ok);
    } finally {
      await pm2(['kill']);
    }
  },
);

const okCalls = (seen: Scraped) => sumOf(seen, 'grpc_requests_total', 'status="OK"');

async function expectSeen(url: string, read: (seen: Scraped) => number | undefined, expected: number): Promise<void> {
  const patience = { timeout: 60_000, interval: 200 };
  await expect.poll(async () => read((await scrape(url)) ?? new Map()), patience).toBe(expected);
}

/** Calls over four connections until so many calls were OK. Returns their number. */
async function callAll(port: number, calls: number): Promise<number> {
  await Promise.all([1, 2, 3, 4].map(() => callUntil(port, calls / 4)));
  return calls;
}

async function callUntil(port: number, calls: number): Promise<void> {
  const same = (bytes: Buffer) => bytes;
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  for (let ok = 0; ok < calls; ) {
    const isOk = await new Promise((resolve) => {
      const deadline = Date.now() + 5000;
      const ended = (error: unknown) => resolve(error === null);
      client.makeUnaryRequest('/test.Echo/Say', same, same, Buffer.from('x'), { deadline }, ended);
    });
    if (isOk === true) ok += 1;
    else await sleep(100);
  }
  client.close();
}
