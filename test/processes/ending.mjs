import { GrpcMetrics } from 'grpc-vitals';

/** Counts a thousand things, and in its last turn ten more: `ending.mjs FOLDER WAY`. */
const [folder, way] = process.argv.slice(2);
const metrics = new GrpcMetrics({ processes: { folder }, logger: { warn: () => {} } });
const things = metrics.counter({ name: 'things_total', help: 'Things' });
process.on('message', () => {}); // keeps the process alive until the parent is gone
things.inc(1000);

const ends = {
  exit: () => process.exit(),
  return: () => process.channel.unref(),
  exception: () => {
    throw new Error('expected');
  },
  rejection: () => Promise.reject(new Error('expected')),
  close: () => metrics.close().then(() => process.kill(process.pid, 'SIGKILL')),
  disconnect: () => process.disconnect(),
  abort: () => process.abort(),
  'handled SIGTERM': () => {
    process.once('SIGTERM', () => process.exit());
    process.kill(process.pid, 'SIGTERM');
  },
};
const kill = () => {
  process.kill(process.pid, way);
  while (true); // it has no other turn
};

setTimeout(() => {
  things.inc(10);
  (ends[way] ?? kill)();
}, 20);
