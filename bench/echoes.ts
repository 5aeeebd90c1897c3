import { promisify } from 'node:util';
import { type Server, ServerCredentials } from '@grpc/grpc-js';

/** Binds the server to a free port, which it returns. It echoes unary calls of `/bench.v1.Bench/Unary`. */
export async function bindEchoes(server: Server): Promise<number> {
  const pass = (bytes: Buffer) => bytes;
  const codec = {
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  };
  const unary = { path: '/bench.v1.Bench/Unary', requestStream: false, responseStream: false, ...codec } as const;
  server.addService(
    { unary },
    {
      unary: (call: { request: Buffer }, callback: (error: null, reply: Buffer) => void) =>
        callback(null, call.request),
    },
  );
  const bind = promisify(server.bindAsync.bind(server));
  return bind('127.0.0.1:0', ServerCredentials.createInsecure());
}
