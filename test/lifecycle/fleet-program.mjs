import { Server, ServerCredentials } from '@grpc/grpc-js';
import { GrpcMetrics } from 'grpc-vitals';

/**
 * One of several processes of a service that ends at SIGTERM: `fleet-program.mjs FOLDER METRICS_PORT OPTIONS`. It says its gRPC port when it serves,
 * and binds its server when it is told to. It ends when its parent is gone.
 */
const [folder, metricsPort, json] = process.argv.slice(2);
const { isUnbound = false, ...shutdown } = JSON.parse(json);
const say = (message) => process.connected && process.send(message, () => {});
const logger = { warn: (message) => message.includes('not in memory') || say({ warning: String(message) }) };
const metrics = new GrpcMetrics({ processes: { folder }, logger });
const bytes = { requestSerialize: (it) => it, requestDeserialize: (it) => it };
const answers = { responseSerialize: (it) => it, responseDeserialize: (it) => it };
const path = '/test.Echo/Say';
const echo = { path, requestStream: false, responseStream: false, ...bytes, ...answers };
const server = new Server();
metrics.instrument(server);
// A request is the time in milliseconds after which it is answered.
const answer = (call, callback) => {
  say({ begun: true });
  setTimeout(() => callback(null, call.request), Number(call.request));
};
server.addService({ Say: echo }, { Say: answer });
const bind = () =>
  new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
process.on('message', ({ bind: isToBind, block = 0 }) => {
  if (isToBind) void bind().then((port) => say({ port }));
  if (block > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, block);
});
process.once('disconnect', () => process.exit());
metrics.shutdownOn('SIGTERM', shutdown);
const port = isUnbound ? undefined : await bind();
await metrics.expose({ port: Number(metricsPort), host: '127.0.0.1' });
say({ port, isReady: true });
