import { createServer } from 'nice-grpc';
import { prometheusServerMiddleware } from 'nice-grpc-prometheus';
import { GrpcMetrics } from '../src/metrics.ts';
import { instrumentServer } from '../src/nice-grpc.ts';
import { reply, reportTo, service } from './frameworks-server.ts';

const [, , contender = ''] = process.argv;
const metrics = new GrpcMetrics();

const servers: Readonly<Record<string, () => ReturnType<typeof createServer>>> = {
  bare: () => createServer(),
  'a middleware that does nothing': () =>
    createServer().use(async function* (call, context) {
      return yield* call.next(call.request, context);
    }),
  'serverInterceptor() alone': () => createServer({ interceptors: [metrics.serverInterceptor()] }),
  'grpc-vitals/nice-grpc': () => instrumentServer(metrics, createServer),
  'nice-grpc-prometheus': () => createServer().use(prometheusServerMiddleware()),
};
const server = servers[contender]!();
server.add(service, { Unary: async () => reply });
reportTo(process, await server.listen('127.0.0.1:0'));
