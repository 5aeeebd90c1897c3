import { createInterface } from 'node:readline';
import { GrpcMetrics } from 'grpc-vitals';

/** A process that has counted, and says all numbers when it is asked: `namespaced.mjs FOLDER COUNT`. It ends with its input. */
const [folder, count] = process.argv.slice(2);
// A test's folder is where temporary files are, which is warned of.
const logger = { warn: (message) => message.includes('not in memory') || console.error(message) };
const metrics = new GrpcMetrics({ processes: { folder }, logger });
metrics.counter({ name: 'things_total', help: 'Things' }).inc(Number(count));
metrics.gauge({ name: 'level', help: 'Level' }).set(Number(count));
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const input = createInterface({ input: process.stdin });
input.on('line', () => void metrics.render().then(({ body }) => say(String(body))));
input.once('close', () => process.exit());
say(process.pid);
