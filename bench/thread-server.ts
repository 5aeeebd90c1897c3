// The built package: the sources have no code of a thread beside what `tsc` makes of them.
import { GrpcMetrics } from 'grpc-vitals';

/** What a process of `thread-server.js KIND THREAD LINES` says when it answers. */
export interface Started {
  readonly port: number;
  /** Seconds that `expose` took. */
  readonly exposeSeconds: number;
  /** Bytes, some seconds later. */
  readonly resident: number;
}

const [kind, thread, lines] = process.argv.slice(2);
process.once('disconnect', () => process.exit());
const metrics = new GrpcMetrics(kind === 'alone' ? {} : { processes: true });
const jobs = metrics.counter({ name: 'jobs_total', help: 'Jobs', labelNames: ['kind'], maxSeries: 100_000 });
for (let line = 0; line < Number(lines); line += 1) jobs.labels({ kind: `kind-${line}` }).inc();
const begin = performance.now();
const { port } = await metrics.expose({ port: 0, host: '127.0.0.1', thread: thread === 'thread' });
const exposeSeconds = (performance.now() - begin) / 1000;
// One scrape, so that all of it is loaded.
await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
process.on('message', (milliseconds: number) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  process.send!('unblocked');
});
setTimeout(() => {
  globalThis.gc?.();
  const started: Started = { port, exposeSeconds, resident: process.memoryUsage.rss() };
  process.send!(started);
}, 2000);
