import * as grpc from '@grpc/grpc-js';
import { instrument } from '../../src/index.ts';
import { service } from '../support/service.ts';

/*
 * A service that ends at SIGTERM.
 * Prints its ports as JSON when it runs, and the calls that it has recorded, by status, when it ends.
 */
const server = new grpc.Server();
const metrics = instrument(server);
server.addService(service, {
  // 5 to 55 ms.
  Unary: (_call: unknown, callback: (error: null, reply: Buffer) => void) => {
    setTimeout(() => callback(null, Buffer.from('ok')), 5 + Math.random() * 50);
  },
});
const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  );
});
metrics.shutdownOn('SIGTERM', { timeoutSeconds: 30 });
process.once('exit', () => {
  const family = metrics.collect().find(({ name }) => name === 'grpc_requests_total');
  const series = family?.type === 'counter' ? family.series : [];
  const counts = series.filter(({ value }) => value > 0).map(({ labels, value }) => [labels.status, value]);
  console.log(JSON.stringify({ counts: Object.fromEntries(counts) as Record<string, number> }));
});
console.log(JSON.stringify({ port, metricsPort: endpoint.port }));
