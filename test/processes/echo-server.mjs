import { Server, ServerCredentials } from '@grpc/grpc-js';
import { GrpcMetrics } from 'grpc-vitals';

// A test's folder is where temporary files are, which is warned of.
export const logger = { warn: (message) => message.includes('not in memory') || console.warn(message) };

/** Serves `/test.Echo/Say` with metrics. Resolves with the server, its port and its metrics when it listens. */
export async function serveEcho(processes, grpcPort, say) {
  const metrics = new GrpcMetrics({
    processes,
    runtime: true,
    nativeHistograms: true,
    service: { name: 'echo' },
    logger,
  });
  const server = new Server();
  metrics.instrument(server);
  const bytes = { requestSerialize: (it) => it, requestDeserialize: (it) => it };
  const answers = { responseSerialize: (it) => it, responseDeserialize: (it) => it };
  const method = { path: '/test.Echo/Say', requestStream: false, responseStream: false, ...bytes, ...answers };
  server.addService({ Say: method }, { Say: say });
  const port = await new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${grpcPort}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { server, port, metrics };
}
