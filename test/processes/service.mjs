import cluster from 'node:cluster';
import { serveEcho } from './echo-server.mjs';

/**
 * A service of one process, or with `cluster` of four: `service.mjs METRICS_PORT GRPC_PORT FOLDER`. It says its pid and its
 * port when it serves, and does what messages tell it. It ends when its parent is gone.
 */
const [metricsPort, grpcPort, folder, mode] = process.argv.slice(2);

/** The parent may be gone. */
const tellParent = (message) => process.connected && process.send(message, () => {});

if (mode === 'cluster' && cluster.isPrimary) {
  let isEnding = false;
  const tell = (message) => {
    for (const worker of Object.values(cluster.workers)) if (worker.isConnected()) worker.send(message);
  };
  cluster.on('message', (_worker, message) => tellParent(message));
  cluster.on('exit', (worker) => {
    tellParent({ gone: worker.process.pid });
    if (!isEnding) cluster.fork();
    else if (Object.keys(cluster.workers).length === 0) process.exit();
  });
  process.on('message', (message) => {
    isEnding ||= message.end === true && message.pid === undefined;
    tell(message);
  });
  process.once('disconnect', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
    process.exit();
  });
  for (let count = 0; count < 4; count += 1) cluster.fork();
} else {
  const processes = folder === '' ? true : { folder };
  const echo = (call, callback) => callback(null, call.request);
  const { server, port, metrics } = await serveEcho(processes, grpcPort, echo);
  await metrics.expose({ port: metricsPort, host: '127.0.0.1' });
  process.on('message', ({ pid = process.pid, block, end }) => {
    if (pid !== process.pid) return;
    if (block !== undefined) {
      const until = Date.now() + block;
      while (Date.now() < until);
    }
    if (end === true) server.tryShutdown(() => process.exit());
  });
  process.once('disconnect', () => process.exit());
  tellParent({ serves: process.pid, port });
}
