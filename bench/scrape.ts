import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import { buffer } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import type { Cost } from './scrape-server.ts';

interface Measured extends Cost {
  /** Milliseconds from the request to the last byte, as it was sent: compressed. */
  readonly complete: number;
}

const contenders = ['prom-client', 'grpc-vitals'] as const;
const sizes: [lines: number, rounds: number][] = [
  [1_000, 101],
  [10_000, 51],
  [100_000, 25],
];

/**
 * Scrapes over HTTP with gzip, of both libraries in turn, each in a thread of its own with the same metrics.
 * @prometheus-io/client and OpenTelemetry's exporter are not here: the one needs Node 22, the other is not installed.
 */
export async function scraping(): Promise<void> {
  for (const [lines, rounds] of sizes) {
    const [theirs, ours] = await Promise.all(contenders.map((contender) => start(contender, lines)));
    await compareScrapes(lines, theirs!, ours!, rounds);
    await Promise.all([theirs!.worker.terminate(), ours!.worker.terminate()]);
  }
}

async function compareScrapes(lines: number, theirs: Scraped, ours: Scraped, rounds: number): Promise<void> {
  const timed: [Measured[], Measured[]] = [[], []];
  const sampled: [Measured[], Measured[]] = [[], []];
  for (let round = -10; round < rounds; round += 1) {
    for (const [index, scraped] of [theirs, ours].entries()) {
      const cost = await scrape(scraped, false);
      if (round >= 0) timed[index]!.push(cost);
    }
  }
  // Apart from the others, as sampling takes time.
  for (let round = 0; round < 5; round += 1) {
    for (const [index, scraped] of [theirs, ours].entries()) sampled[index]!.push(await scrape(scraped, true));
  }
  console.log(`\nA scrape of ${lines.toLocaleString('en')} lines${' '.repeat(14)}prom-client    grpc-vitals`);
  row('event loop busy', 'ms', timed, ({ busy }) => busy);
  row('complete answer', 'ms', timed, ({ complete }) => complete);
  row('longest block', 'ms', timed, ({ block }) => block);
  row('allocated', 'MB', sampled, ({ allocated }) => allocated);
}

function row(
  name: string,
  unit: string,
  [theirs, ours]: [Measured[], Measured[]],
  of: (cost: Measured) => number,
): void {
  const [before, now] = [median(theirs.map(of)), median(ours.map(of))];
  const ratio = median(ours.map((cost, round) => of(cost) / of(theirs[round]!)));
  const columns = [before, now].map((value) => `${value.toFixed(2).padStart(10)} ${unit}`).join('  ');
  console.log(`  ${name.padEnd(30)} ${columns}   x ${ratio.toFixed(2)}`);
}

interface Scraped {
  readonly worker: Worker;
  readonly port: number;
}

/** With the assurance that it exposes what it should. */
async function start(contender: string, lines: number): Promise<Scraped> {
  const worker = new Worker(new URL('./scrape-server.js', import.meta.url), { workerData: { contender, lines } });
  const [port] = (await once(worker, 'message')) as [number];
  const exposed = gunzipSync(await answer(port))
    .toString()
    .split('\n').length;
  if (exposed < lines || exposed > lines + 100) throw new Error(`${contender} exposes ${exposed} lines`);
  return { worker, port };
}

async function scrape({ worker, port }: Scraped, sample: boolean): Promise<Measured> {
  const ready = once(worker, 'message');
  worker.postMessage(sample);
  await ready;
  const before = performance.now();
  await answer(port);
  const complete = performance.now() - before;
  const measured = once(worker, 'message');
  worker.postMessage('done');
  const [cost] = (await measured) as [Cost];
  return { ...cost, complete };
}

async function answer(port: number): Promise<Buffer> {
  const headers = { 'Accept-Encoding': 'gzip' };
  const [response] = (await once(get({ port, headers, agent: false }), 'response')) as [IncomingMessage]; // as documented
  if (response.headers['content-encoding'] !== 'gzip') throw new Error(`not compressed: ${response.statusCode}`);
  return buffer(response);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
