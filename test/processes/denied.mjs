import { GrpcMetrics } from 'grpc-vitals';

/** Counts 3 things and prints its scrape, and what the library has warned of: `denied.mjs FOLDER`. */
const warnings = [];
const logger = { warn: (message) => warnings.push(String(message)) };
const metrics = new GrpcMetrics({ processes: { folder: process.argv[2] }, logger });
metrics.counter({ name: 'things_total', help: 'Things' }).inc(3);
const { body } = await metrics.render();
console.log(JSON.stringify({ warnings, body: String(body) }));
await metrics.close();
