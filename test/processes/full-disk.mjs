import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GrpcMetrics } from 'grpc-vitals';

/**
 * What happens on a small tmpfs that is full for a while: `full-disk.mjs FOLDER`. Says as JSON what a scrape had at each point. With
 * `child` it is a process that counts, and waits to be killed.
 */
const [folder, role] = process.argv.slice(2);
const program = fileURLToPath(import.meta.url);
const books = join(folder, 'books');
const warnings = [];
const logger = { warn: (message) => warnings.push(message) };
const start = () => {
  const metrics = new GrpcMetrics({ processes: { folder: books }, logger });
  return { metrics, things: metrics.counter({ name: 'things_total', help: 'Things', labelNames: ['kind'] }) };
};

if (role === 'child') {
  process.on('message', () => {}); // keeps it alive
  start().things.labels({ kind: 'child' }).inc(5);
  setImmediate(() => process.send('counted'));
} else {
  const [writer, reader] = [start(), start()];
  const count = (kinds, from = 0) => {
    for (let kind = from; kind < from + kinds; kind += 1) writer.things.labels({ kind: `kind ${kind}` }).inc();
  };
  /** Whatever a scrape shows never falls. */
  const highest = new Map();
  const fallen = new Set();
  const scrape = async () => {
    const { body } = await reader.metrics.render();
    const seen = { series: 0, things: 0, errors: 0, deaths: 0 };
    for (const line of String(body).split('\n')) {
      const [, series, value] = /^([^#].*) (\S+)$/.exec(line) ?? [];
      if (series?.startsWith('things_total{')) {
        seen.series += 1;
        seen.things += Number(value);
        if (Number(value) < (highest.get(series) ?? 0)) fallen.add(series);
        highest.set(series, Number(value));
      }
      if (series === 'grpc_vitals_errors_total{stage="scrape"}') seen.errors = Number(value);
      if (series === 'grpc_vitals_process_deaths_total') seen.deaths = Number(value);
    }
    const lost = [...highest.keys()].length - seen.series;
    return { ...seen, lost, fallen: fallen.size };
  };
  /** Scrapes until `isReached`, and returns the last scrape. It gives up after so long that the test fails. */
  const until = async (isReached) => {
    for (let tries = 0; ; tries += 1) {
      const seen = await scrape();
      if (isReached(seen) || tries === 300) return seen;
      await sleep(100);
    }
  };
  const files = (ending) => readdirSync(join(books, 'gen-1')).filter((name) => name.endsWith(ending)).length;
  const filler = join(folder, 'filler');
  const fill = () => {
    const file = openSync(filler, 'w');
    try {
      for (;;) writeSync(file, Buffer.alloc(1024));
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error;
    }
    closeSync(file);
  };

  count(100);
  const child = fork(program, [folder, 'child']);
  await once(child, 'message');
  const before = await until(({ things }) => things === 105);
  fill();
  count(100); // there is room for what is there
  count(3000, 100);
  const full = await until(({ errors }) => errors > 0);
  const dead = once(child, 'exit');
  child.kill('SIGKILL');
  await dead;
  const killed = await until(({ deaths }) => deaths === 1);
  await sleep(2500); // sweeps, none of which can fold
  const unfolded = { ...(await scrape()), books: files('.book') };
  const late = new GrpcMetrics({ processes: { folder: books }, logger });
  await late.close();
  rmSync(filler);
  await until(({ series }) => series === 3101);
  for (let tries = 0; files('.book') > 2 && tries < 300; tries += 1) await sleep(100);
  const after = { ...(await scrape()), books: files('.book') };
  console.log(JSON.stringify({ before, full, killed, unfolded, after, warnings: [...new Set(warnings)] }));
  process.exit();
}
