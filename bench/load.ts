import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Client, credentials } from '@grpc/grpc-js';
import type { Scrapes } from './load-scraper.ts';
import type { Ports, Series } from './load-server.ts';

const contenders: { library: string; series: Series }[] = [
  { library: 'none', series: 'counters' },
  { library: 'grpc-vitals', series: 'histograms and counters' },
  { library: 'prom-client', series: 'histograms and counters' },
  { library: 'grpc-vitals', series: 'counters' },
  { library: 'prom-client', series: 'counters' },
];
const rounds = 3;
const phaseSeconds = 5;
const callsPerSecond = 1000;

/** Milliseconds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** 99th percentile of each second. Of these the median is compared: what else the machine does spoils some seconds. */
  readonly p99s: readonly number[];
  /** As `p99s`, from when the calls were sent: less what the load generator was late. */
  readonly fromSent: readonly number[];
  /** As `p99s`, of how much later than they were due the calls were sent. */
  readonly late: readonly number[];
}

interface Target extends Ports {
  readonly name: string;
  readonly process: ChildProcess;
  readonly client: Client;
  readonly unscraped: Latency[];
  readonly scraped: Latency[];
}

/**
 * What scrapes do to the latency of calls: servers with 50,000 series, each in a process of its own, in turn get 1,000
 * calls a second, without scrapes and with one a second. Calls are sent when they are due, however many are
 * still open, and timed from then, so that a server that stands still is seen by every call that it keeps waiting.
 */
export async function load(): Promise<void> {
  const targets: Target[] = [];
  const end = () => {
    for (const { client, process } of targets) {
      client.close();
      process.kill();
    }
  };
  process.once('exit', end);
  try {
    for (const { library, series } of contenders) targets.push(await startServer(library, series));
    for (const target of targets) await checkAndWarmUp(target);
    for (let round = 0; round < rounds; round += 1) {
      for (const target of targets) {
        target.unscraped.push(await runPhase(target, phaseSeconds));
        if (target.metrics !== undefined) target.scraped.push(await runPhase(target, phaseSeconds, target.metrics));
      }
    }
  } finally {
    process.off('exit', end);
    end();
  }
  print(targets);
}

async function startServer(library: string, series: Series): Promise<Target> {
  const child = fork(fileURLToPath(new URL('./load-server.js', import.meta.url)), [library, series], { execArgv: [] });
  const [ports] = (await Promise.race([once(child, 'message'), failed(child, library)])) as [Ports];
  return {
    ...ports,
    name: library === 'none' ? 'no metrics' : `${library}, ${series}`,
    process: child,
    client: new Client(`127.0.0.1:${ports.grpc}`, credentials.createInsecure()),
    unscraped: [],
    scraped: [],
  };
}

async function failed(child: ChildProcess, library: string): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null];
  throw new Error(`the server with ${library} ended with ${code}`);
}

/** Two seconds of calls and scrapes, which must show what they should. */
async function checkAndWarmUp(target: Target): Promise<void> {
  await runPhase(target, 2, target.metrics);
  if (target.metrics === undefined) return;
  const answer = await fetch(`http://127.0.0.1:${target.metrics}/metrics`);
  const samples = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (samples.length < 50_000 || samples.length > 50_200) throw new Error(`${target.name}: ${samples.length} samples`);
}

/** Calls for so many seconds, scraped meanwhile where a port is given. */
async function runPhase({ client }: Target, seconds: number, port?: number): Promise<Latency> {
  let scraped: Promise<unknown> | undefined;
  if (port !== undefined) {
    const workerData: Scrapes = { port, times: seconds };
    const scraper = new Worker(new URL('./load-scraper.js', import.meta.url), { workerData });
    await once(scraper, 'message');
    scraper.postMessage('go');
    scraped = once(scraper, 'exit');
  }
  const [latency] = await Promise.all([call(client, seconds * callsPerSecond), scraped]);
  await setTimeout(300);
  return latency;
}

async function call(client: Client, calls: number): Promise<Latency> {
  const latencies = new Float64Array(calls);
  const late = new Float64Array(calls);
  const start = performance.now() + 10;
  let sent = 0;
  let ended = 0;
  const { promise, resolve, reject } = withResolvers();
  const send = (index: number) => {
    const due = start + (index * 1000) / callsPerSecond;
    late[index] = performance.now() - due;
    const deadline = Date.now() + 10_000;
    client.makeUnaryRequest('/bench.v1.Bench/Unary', pass, pass, message, { deadline }, (error) => {
      latencies[index] = performance.now() - due;
      if (error !== null) reject(error);
      ended += 1;
      if (ended === calls) resolve();
    });
  };
  const timer = setInterval(() => {
    while (sent < calls && start + (sent * 1000) / callsPerSecond <= performance.now()) {
      send(sent);
      sent += 1;
    }
    if (sent === calls) clearInterval(timer);
  }, 1);
  try {
    await promise;
  } finally {
    clearInterval(timer);
  }
  const fromSent = latencies.map((latency, index) => latency - late[index]!);
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(latencies, share));
  return {
    p50: p50!,
    p99: p99!,
    max: max!,
    p99s: p99OfSeconds(latencies),
    fromSent: p99OfSeconds(fromSent),
    late: p99OfSeconds(late),
  };
}

function p99OfSeconds(values: Float64Array): number[] {
  const seconds = Array.from({ length: values.length / callsPerSecond }, (_, second) => second * callsPerSecond);
  return seconds.map((from) => percentile(values.subarray(from, from + callsPerSecond), 0.99));
}

function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

const message = Buffer.from('message');
const pass = (bytes: Buffer) => bytes;

function withResolvers() {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

function print(targets: readonly Target[]): void {
  const what = `${callsPerSecond.toLocaleString('en')} calls a second, 50,000 series`;
  const seconds = rounds * phaseSeconds;
  console.log(
    `\nUnder load: ${what}, without scrapes and with one a second; ${rounds} rounds of ${phaseSeconds} s each`,
  );
  console.log(
    `  ms; p99 of the median second of ${seconds} (its quartiles), p50, p99 and max of the median round (range)`,
  );
  for (const { name, unscraped, scraped } of targets) {
    console.log(`  ${name}`);
    console.log(`    unscraped  ${columns(unscraped)}`);
    if (scraped.length === 0) continue;
    console.log(`    scraped    ${columns(scraped)}`);
    const added = (of: (latency: Latency) => readonly number[]) =>
      quartiles(
        scraped.flatMap((phase, round) => of(phase).map((p99, second) => p99 - of(unscraped[round]!)[second]!)),
      );
    const goal = name.startsWith('grpc-vitals') ? ' (goal: at most 2)' : '';
    console.log(`    scraping adds ${added((of) => of.p99s)}; from when sent ${added((of) => of.fromSent)}${goal}`);
  }
  const late = targets.flatMap(({ unscraped, scraped }) => [...unscraped, ...scraped].flatMap((phase) => phase.late));
  console.log(`  all of these include how late calls were sent: p99 of a second ${quartiles(late)}`);
}

function columns(latencies: readonly Latency[]): string {
  const column = (of: (latency: Latency) => number) => {
    const values = latencies.map(of);
    return format(percentile(values, 0.5), percentile(values, 0), percentile(values, 1)).padEnd(24);
  };
  const medianSecond = quartiles(latencies.flatMap(({ p99s }) => p99s)).padEnd(24);
  const rest = `p50 ${column(({ p50 }) => p50)}p99 ${column(({ p99 }) => p99)}max ${column(({ max }) => max)}`;
  return `${medianSecond}${rest}`.trimEnd();
}

function quartiles(values: readonly number[]): string {
  return format(percentile(values, 0.5), percentile(values, 0.25), percentile(values, 0.75));
}

function format(median: number, low: number, high: number): string {
  return `${median.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
}
