import * as ownCopy from '@grpc/grpc-js';
import { clientOptions } from '../../client-endings/grpc-js/adapter.ts';
import { serverOptions } from '../../endings/grpc-js/adapter.ts';
import { interceptors } from '../../endings/grpc-js/interceptors.ts';
import { behaviours } from '../../support/grpc-js/behaviours.ts';
import { GrpcJsClient } from '../../support/grpc-js/client.ts';
import type { Grpc } from '../../support/grpc-js/fixture.ts';
import { service } from '../../support/service.ts';
import { runProgram } from './run-program.ts';

let grpc: Grpc = ownCopy;

runProgram({
  async useNested() {
    const dependency = 'dependency-with-its-own-grpc-js';
    grpc = ((await import(dependency)) as { grpc: Grpc }).grpc;
  },
  async serve({ method, handler, interceptor, limits }, tooLate) {
    const server = new grpc.Server({
      ...serverOptions(limits),
      ...(interceptor && { interceptors: [interceptors(tooLate)[interceptor]] }),
    });
    server.addService(service, handler === undefined ? {} : { [method]: behaviours(tooLate)[handler] });
    const port = await new Promise<number>((bound, failed) => {
      const insecure = grpc.ServerCredentials.createInsecure();
      server.bindAsync('127.0.0.1:0', insecure, (error, given) => (error ? failed(error) : bound(given)));
    });
    return {
      port,
      shutDown: () => new Promise((resolve) => server.tryShutdown(resolve)),
      kill: () => server.forceShutdown(),
    };
  },
  connect: (address, limits) => new GrpcJsClient(grpc, 'new Client', address, clientOptions(limits)),
});
