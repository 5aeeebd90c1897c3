import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Bytes, Held } from './memory-series.ts';

const libraries = ['grpc-vitals', 'prom-client', '@prometheus-io/client'];
const sizes = [10_000, 50_000];
const titles = {
  histogram: 'a histogram with 11 buckets and 3 labels: 14 lines (goal: at most 600 bytes)',
  counter: 'a counter with 4 labels',
  gauge: 'a gauge with 4 labels',
} as const;
const rounds = 3;

/** What a series takes, in bytes, each library in a process of its own; its label values are in it. */
export async function memory(): Promise<void> {
  for (const type of ['histogram', 'counter', 'gauge'] as const) {
    console.log(`\nMemory of a child of ${titles[type]}; median of ${rounds} (range)`);
    console.log(`  ${''.padEnd(32)}${'recorded'.padEnd(22)}${'and scraped'.padEnd(22)}process grown`);
    for (const children of sizes) {
      for (const library of libraries) await row({ library, type, children });
    }
  }
}

async function row(held: Held): Promise<void> {
  const measured: Bytes[] = [];
  for (let round = 0; round < rounds; round += 1) measured.push(await measure(held));
  const column = (of: (bytes: Bytes) => number) => {
    const sorted = measured.map(of).sort((a, b) => a - b);
    const [median, min, max] = [sorted[sorted.length >> 1]!, sorted[0]!, sorted.at(-1)!].map(Math.round);
    return `${median} (${min} to ${max})`.padEnd(22);
  };
  const { library, children } = held;
  const columns = [column(({ recorded }) => recorded), column(({ scraped }) => scraped), column((of) => of.resident)];
  console.log(`  ${library.padEnd(23)}${children.toLocaleString('en').padStart(7)}  ${columns.join('').trimEnd()}`);
}

async function measure({ library, type, children }: Held): Promise<Bytes> {
  const module = fileURLToPath(new URL('./memory-series.js', import.meta.url));
  const child = fork(module, [library, type, String(children)], { execArgv: ['--expose-gc'] });
  const end = () => child.kill();
  process.once('exit', end);
  try {
    const exited = once(child, 'exit').then(([code]) => {
      throw new Error(`${library} ended with ${code}`);
    });
    const [bytes] = (await Promise.race([once(child, 'message'), exited])) as [Bytes];
    await exited.catch(() => {}); // so that no two are measured at once
    return bytes;
  } finally {
    process.off('exit', end);
    child.kill();
  }
}
