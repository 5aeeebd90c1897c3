import { promisify } from 'node:util';
import { Server, ServerCredentials, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { GrpcMetrics } from '../src/metrics.ts';

/** What a server has in front of its handlers. */
export type Contender = 'none' | 'an interceptor that does nothing' | 'grpc-vitals';

/** CPU time of the whole process, in microseconds, since it was last asked. */
export interface Spent {
  readonly cpu: number;
}

export const messages = 100;

const passOn: ServerInterceptor = (_method, call) => new ServerInterceptingCall(call);
const contenders: Readonly<Record<Contender, () => Server>> = {
  none: () => new Server(),
  'an interceptor that does nothing': () => new Server({ interceptors: [passOn] }),
  'grpc-vitals': () => {
    const server = new Server();
    new GrpcMetrics().instrument(server);
    return server;
  },
};

const pass = (bytes: Buffer) => bytes;
const codec = { requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass };
export const service = {
  Unary: { path: '/bench.v1.Bench/Unary', requestStream: false, responseStream: false, ...codec },
  Download: { path: '/bench.v1.Bench/Download', requestStream: false, responseStream: true, ...codec },
  Upload: { path: '/bench.v1.Bench/Upload', requestStream: true, responseStream: false, ...codec },
} as const;

const message = Buffer.alloc(100, 'x');
type Reply = (error: null, reply: Buffer) => void;

/** In a process of its own, which ends with its parent. */
async function serve(contender: Contender): Promise<void> {
  process.once('disconnect', () => process.exit());
  const server = contenders[contender]();
  server.addService(service, {
    Unary: (_call: unknown, callback: Reply) => callback(null, message),
    Download: (call: { write(message: Buffer): void; end(): void }) => {
      for (let index = 0; index < messages; index += 1) call.write(message);
      call.end();
    },
    Upload: (call: NodeJS.EventEmitter, callback: Reply) => {
      call.on('data', () => {});
      call.on('end', () => callback(null, message));
    },
  });
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
  let before = process.cpuUsage();
  process.on('message', () => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    process.send!({ cpu: user + system } satisfies Spent);
  });
  process.send!(port);
}

if (process.send !== undefined) await serve(process.argv[2] as Contender);
