import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { type Backend, grpcServer } from '../support/backends.ts';
import type { Handler } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { Project } from '../support/project.ts';
import { service } from '../support/service.ts';
import { messages } from '../support/test-client.ts';

/** The part of google-gax that generated clients of Google's APIs use to make their stub. */
interface GoogleGax {
  readonly GrpcClient: new (
    options: object,
  ) => {
    readonly grpc: typeof grpc;
    createStub(
      client: grpc.ServiceClientConstructor,
      options: object,
    ): Promise<InstanceType<grpc.ServiceClientConstructor>>;
  };
}

let project: Project;
let backend: Backend;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  project = new Project();
  const refuse: Handler = (_call, callback) => callback({ code: grpc.status.NOT_FOUND });
  const answer: Handler = (_call, callback) => callback(null, messages.small);
  let calls = 0;
  backend = await grpcServer(grpc, { Unary: (...given) => (++calls === 2 ? refuse : answer)(...given) });
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  backend.close();
  project.remove();
});

test.each(['4', '5'])(
  'a client of google-gax %s takes the transformer of clientOptions()',
  { timeout: 300_000 },
  async (version) => {
    await project.install([`google-gax@${version}`]);
    const gax = createRequire(join(project.folder, 'index.js'))('google-gax') as GoogleGax;
    const client = new gax.GrpcClient({ auth: { getUniverseDomain: async () => 'googleapis.com' } });
    const metrics = new GrpcMetrics();
    const { callInvocationTransformer } = metrics.clientOptions();
    const [servicePath, port] = backend.address.split(':');
    const stub = await client.createStub(client.grpc.makeGenericClientConstructor(service, 'Endings'), {
      servicePath,
      port: Number(port),
      sslCreds: client.grpc.credentials.createInsecure(),
      'grpc.callInvocationTransformer': callInvocationTransformer,
    });
    closing.push(() => stub.close());
    const call = () =>
      new Promise<number>((resolve) => {
        stub.Unary!(messages.small, (error: grpc.ServiceError | null) => resolve(error?.code ?? grpc.status.OK));
      });
    expect([await call(), await call()]).toEqual([grpc.status.OK, grpc.status.NOT_FOUND]);
    const method = '/test.v1.Endings/Unary';
    for (const status of ['OK', 'NOT_FOUND']) {
      expect(value(metrics, 'grpc_client_requests_total', { method, status })).toBe(1);
    }
    expect(value(metrics, 'grpc_client_messages_received_total', { method })).toBe(1);
    expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  },
);
