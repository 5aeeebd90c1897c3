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

const others = ['prom-client', '@prometheus-io/client', 'OpenTelemetry'] as const;
const ours = 'grpc-vitals';
const sizes: [lines: number, rounds: number][] = [
  [1_000, 101],
  [10_000, 51],
  [100_000, 25],
];

/** Scrapes over HTTP with gzip, of all libraries in turn, each in a thread of its own with the same metrics. */
export async function scraping(): Promise<void> {
  for (const [lines, rounds] of sizes) {
    const scraped = await Promise.all([...others, ours].map((contender) => start(contender, lines)));
    await compareScrapes(lines, scraped, rounds);
    await Promise.all(scraped.map(({ worker }) => worker.terminate()));
  }
}

/** Of each contender, round by round. */
type Rounds = readonly Measured[][];

async function compareScrapes(lines: number, contenders: readonly Scraped[], rounds: number): Promise<void> {
  const timed: Rounds = contenders.map(() => []);
  const sampled: Rounds = contenders.map(() => []);
  for (let round = -10; round < rounds; round += 1) {
    for (const [index, scraped] of contenders.entries()) {
      const cost = await scrape(scraped, false);
      if (round >= 0) timed[index]!.push(cost);
    }
  }
  // Apart from the others, as sampling takes time.
  for (let round = 0; round < 5; round += 1) {
    for (const [index, scraped] of contenders.entries()) sampled[index]!.push(await scrape(scraped, true));
  }
  const title = `A scrape of ${lines.toLocaleString('en')} lines`;
  console.log(`\n${title.padEnd(34)}${[...others, ours].map((name) => name.padStart(22)).join('')}`);
  row('event loop busy', 'ms', timed, ({ busy }) => busy);
  row('complete answer', 'ms', timed, ({ complete }) => complete);
  row('longest block', 'ms', timed, ({ block }) => block);
  row('allocated', 'MB', sampled, ({ allocated }) => allocated);
}

/** Medians; and of the rounds' ratios of ours to the best of the others, the median, least and most. */
function row(name: string, unit: string, measured: Rounds, of: (cost: Measured) => number): void {
  const values = measured.map((rounds) => rounds.map(of));
  const columns = values.map((own) => `${median(own).toFixed(2).padStart(19)} ${unit}`).join('');
  const ratios = values
    .at(-1)!
    .map((own, round) => own / Math.min(...values.slice(0, -1).map((other) => other[round]!)));
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  console.log(`  ${name.padEnd(32)}${columns}   ${median(ratios).toFixed(2)} of the best other (${spread})`);
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
