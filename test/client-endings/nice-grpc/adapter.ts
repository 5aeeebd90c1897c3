import * as grpc from '@grpc/grpc-js';
import { createChannel, createClientFactory } from 'nice-grpc';
import { instrumentClients } from '../../../src/nice-grpc.ts';
import { NiceGrpcClient } from '../../support/nice-grpc/client.ts';
import { type DefinitionKind, definitions } from '../../support/nice-grpc/definitions.ts';
import type { ClientAdapter } from '../adapter.ts';
import { clientOptions, serveWith } from '../grpc-js/adapter.ts';
import { differencesOf } from './differences.ts';

/** nice-grpc under the contract of clients' endings, with a definition of this kind. */
export function niceGrpc(version: string, kind: DefinitionKind): ClientAdapter {
  return {
    name: `nice-grpc ${version}, a definition of ${kind}`,
    countsAttempts: true,
    differences: differencesOf(version),
    serve: serveWith(grpc),
    connect(address, { limits = {} }, metrics) {
      const channel = createChannel(address, undefined, clientOptions(limits));
      const clients = instrumentClients(metrics, createClientFactory());
      return new NiceGrpcClient(clients.create(definitions[kind], channel), channel);
    },
  };
}
