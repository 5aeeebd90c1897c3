import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spread } from './compare.ts';
import type { Started } from './thread-server.ts';

const program = fileURLToPath(new URL('./thread-server.js', import.meta.url));
const kinds = ['alone', 'one of several'];
const rounds = 9;

/** How long the main thread is blocked, in milliseconds. */
const block = 10_000;

/** What the thread of an endpoint costs, and how it answers while the main thread is blocked. */
export async function thread(): Promise<void> {
  for (const kind of kinds) await compareStarts(kind);
  for (const kind of kinds) for (const lines of [0, 10_000]) await scrapeBlocked(kind, lines);
}

/** Starts both side by side, in turn. */
async function compareStarts(kind: string): Promise<void> {
  const measured = { without: [] as Started[], with: [] as Started[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, starts] of Object.entries(measured)) {
      const { child, started } = await start(kind, name === 'with', 1000);
      starts.push(started);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  console.log(`\nThe endpoint of a process ${kind}, with 1,000 series: start, and resident memory after a scrape`);
  for (const [name, starts] of Object.entries(measured)) {
    const time = spread(starts.map(({ exposeSeconds }) => exposeSeconds * 1000));
    const memory = spread(starts.map(({ resident }) => resident / 2 ** 20));
    console.log(
      `  ${name.padEnd(8)} a thread: expose() takes ${describe(time)} ms, the process has ${describe(memory)} MiB`,
    );
  }
  const more = measured.with.map(({ resident }, round) => (resident - measured.without[round]!.resident) / 2 ** 20);
  console.log(`  more memory, round by round: ${describe(spread(more))} MiB`);
}

async function scrapeBlocked(kind: string, lines: number): Promise<void> {
  const { child, started } = await start(kind, true, lines);
  const quiet = await scrapes(started.port, 3000);
  child.send(block);
  const blocked = await scrapes(started.port, block - 500);
  console.log(
    `\nA process ${kind} with ${lines.toLocaleString('en')} series: a scrape every 200 ms, on a connection of its own`,
  );
  console.log(`  main thread at work        ${describe(spread(quiet))} ms, ${quiet.length} scrapes`);
  console.log(`  main thread blocked ${block / 1000} s   ${describe(spread(blocked))} ms, ${blocked.length} scrapes`);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

interface Running {
  readonly child: ChildProcess;
  readonly started: Started;
}

async function start(kind: string, hasThread: boolean, lines: number): Promise<Running> {
  const args = [kind, hasThread ? 'thread' : 'main', String(lines)];
  const child = fork(program, args, { execArgv: ['--expose-gc'] });
  const [started] = (await once(child, 'message')) as [Started];
  return { child, started };
}

/** Milliseconds of each scrape to its last byte. Rejects if one is not answered. */
async function scrapes(port: number, milliseconds: number): Promise<number[]> {
  const end = performance.now() + milliseconds;
  const times: number[] = [];
  while (performance.now() < end) {
    const begin = performance.now();
    const [response] = (await once(get({ port, path: '/metrics', agent: false }), 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`a scrape was answered with ${response.statusCode}`);
    response.resume();
    await once(response, 'end');
    times.push(performance.now() - begin);
    await sleep(200);
  }
  return times;
}

function describe({ median, min, max }: ReturnType<typeof spread>): string {
  return `${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`;
}
