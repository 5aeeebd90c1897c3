import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** Ways of doing a thing, by name: each does it `times` times. */
export type Contenders = Readonly<Record<string, (times: number) => void | Promise<void>>>;

export interface Comparison {
  /** Nanoseconds per run of each contender, median over the rounds. */
  readonly nanoseconds: Readonly<Record<string, number>>;
  /** Each contender's time over the first one's, round by round. */
  readonly ratios: Readonly<Record<string, Spread>>;
}

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Runs the contenders side by side, in turn, round after round: on a shared machine only what ran at the same time can
 * be compared, so ratios are taken within a round. Each has a thread of its own, so that none spoils what
 * V8 learns of another.
 *
 * @param module the caller's own `import.meta.url`; there it calls `serve` with the same contenders
 */
export async function compare(
  module: string,
  contenders: Contenders,
  { times = 300_000, rounds = 31, warmups = 10 } = {},
): Promise<Comparison> {
  const names = Object.keys(contenders);
  const workers = names.map((contender) => new Worker(new URL(module), { workerData: { contender } }));
  const measured: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -warmups; round < rounds; round += 1) {
    for (const [index, worker] of workers.entries()) {
      worker.postMessage(times);
      const [nanoseconds] = (await once(worker, 'message')) as [number];
      if (round >= 0) measured[names[index]!]!.push(nanoseconds / times);
    }
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  const first = measured[names[0]!]!;
  return {
    nanoseconds: mapValues(measured, (values) => spread(values).median),
    ratios: mapValues(measured, (values) => spread(values.map((value, round) => value / first[round]!))),
  };
}

/** In a worker of `compare`: answers each number of times with the nanoseconds that they took. */
export function serve(contenders: Contenders): void {
  if (isMainThread) return;
  const run = contenders[(workerData as { contender: string }).contender];
  if (run === undefined) return;
  parentPort!.on('message', (times: number) => void measure(run, times));
}

async function measure(run: Contenders[string], times: number): Promise<void> {
  const start = process.hrtime.bigint();
  const done = run(times);
  if (done !== undefined) await done;
  parentPort!.postMessage(Number(process.hrtime.bigint() - start));
}

export function print(title: string, { nanoseconds, ratios }: Comparison): void {
  console.log(`\n${title}`);
  for (const [index, [name, { median, min, max }]] of Object.entries(ratios).entries()) {
    const ratio = index === 0 ? '1' : `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
    console.log(`  ${name.padEnd(50)} ${nanoseconds[name]!.toFixed(1).padStart(8)} ns   x ${ratio}`);
  }
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, min: sorted[0]!, max: sorted.at(-1)! };
}

function mapValues<From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
