import { GrpcMetrics } from 'grpc-vitals';

/** Exposes its metrics, scrapes them once, and ends: `ending.mjs FOLDER WAY`. Without a folder the process is alone. */
const [folder, way] = process.argv.slice(2);
const logger = { warn: (message) => message.includes('not in memory') || console.error(message) };
const metrics = new GrpcMetrics({ ...(folder !== '' && { processes: { folder } }), logger });
const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1', thread: true });
const response = await fetch(`${endpoint.url}/metrics`, { headers: { connection: 'close' } });
await response.text();
console.log(response.status);
if (way === 'exit') process.exit();
if (way === 'close') {
  await endpoint.close();
  await metrics.close();
}
