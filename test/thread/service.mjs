import { GrpcMetrics } from 'grpc-vitals';

/**
 * A service with an endpoint in a thread: `service.mjs OPTIONS EXPOSE_OPTIONS`, both as JSON. It says where it answers, counts and
 * blocks as messages tell it, and repeats its warnings. It ends when its parent is gone.
 */
const [options, exposeOptions] = process.argv.slice(2).map((text) => JSON.parse(text));
const say = (message) => process.connected && process.send(message, () => {});
const logger = { warn: (message) => say({ warning: String(message) }) };
const metrics = new GrpcMetrics({ ...options, logger });
const things = metrics.counter({ name: 'things_total', help: 'Things' });
metrics.gauge({ name: 'asked', help: 'Read at scrapes', read: () => 7 });
let isClosed = false;
const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1', ...exposeOptions });
process.on('message', (told) => void obey(told));
async function obey({ count = 0, block = 0, close = false }) {
  things.inc(count);
  if (block > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, block);
  if (close) {
    isClosed = true;
    await metrics.close();
  }
  say({ done: true });
  if (close) process.disconnect();
}
process.once('disconnect', () => isClosed || process.exit());
say({ url: endpoint.url });
