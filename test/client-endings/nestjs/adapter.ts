import type { NestPackages } from '../../support/nestjs/packages.ts';
import { service } from '../../support/service.ts';
import type { ClientAdapter } from '../adapter.ts';
import { clientOptions, oldest, races, serveWith } from '../grpc-js/adapter.ts';
import { NestClient } from './client.ts';
import { differences } from './differences.ts';

/** One version of NestJS under the contract of clients' endings. Its servers are those of grpc-js. */
export function nestJs(nest: NestPackages): ClientAdapter {
  const { ClientProxyFactory, Transport } = nest.microservices;
  return {
    name: `clients of NestJS ${nest.version}`,
    countsAttempts: true,
    differences: [...differences, ...races, ...(nest.grpcVersion.startsWith('1.10.') ? oldest : [])],
    serve: serveWith(nest.grpc),
    connect(address, { limits = {} }, metrics) {
      const options = {
        package: 'test.v1',
        packageDefinition: { 'test.v1.Endings': service },
        url: address,
        channelOptions: metrics.clientOptions(clientOptions(limits)),
      };
      return new NestClient(nest, ClientProxyFactory.create({ transport: Transport.GRPC, options }));
    },
  };
}
