import { createChannel, createClientFactory, createServer } from 'nice-grpc';
import { clientOptions } from '../../client-endings/grpc-js/adapter.ts';
import { serverOptions } from '../../endings/grpc-js/adapter.ts';
import { middlewares } from '../../endings/nice-grpc/middlewares.ts';
import { NiceGrpcClient } from '../../support/nice-grpc/client.ts';
import { definitions } from '../../support/nice-grpc/definitions.ts';
import { implement } from '../../support/nice-grpc/implementation.ts';
import { runProgram } from './run-program.ts';

const definition = definitions['ts-proto'];

runProgram({
  async serve({ method, handler, interceptor, limits }, tooLate) {
    const made = createServer(serverOptions(limits));
    const server = interceptor === undefined ? made : made.use(middlewares(tooLate)[interceptor]);
    server.add(definition, implement(method, handler, tooLate));
    return {
      port: await server.listen('127.0.0.1:0'),
      shutDown: () => server.shutdown(),
      kill: () => server.forceShutdown(),
    };
  },
  connect(address, limits) {
    const channel = createChannel(address, undefined, clientOptions(limits));
    return new NiceGrpcClient(createClientFactory().create(definition, channel), channel);
  },
});
