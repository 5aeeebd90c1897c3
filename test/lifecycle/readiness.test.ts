import { afterEach, describe, expect, test } from 'vitest';
import { versions } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { GrpcService } from './grpc-service.ts';

const services: GrpcService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

type State = readonly [status: number, text: string, draining: number];
const ready: State = [200, 'ready\n', 0];
const starting: State = [503, 'not ready: a gRPC server is starting\n', 0];
const draining: State = [503, 'not ready: a gRPC server is draining\n', 1];
const closed: State = [503, 'not ready: a gRPC server is closed\n', 1];

/** Waits until `/-/ready` and `grpc_server_draining` say this. */
type Expect = (state: State) => Promise<void>;

const lives: [name: string, run: (service: GrpcService, becomes: Expect) => Promise<void>][] = [
  ['a process that only has clients is ready', async (_service, becomes) => becomes(ready)],
  [
    'a server is ready when it is bound',
    async (service, becomes) => {
      const server = service.server();
      await becomes(starting);
      await service.bind(server);
      await becomes(ready);
    },
  ],
  [
    'tryShutdown drains until the last call has ended',
    async (service, becomes) => {
      const server = service.server();
      const call = await service.call(await service.bind(server));
      const isShutDown = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      await becomes(draining);
      expect(await call.end()).toEqual({ status: 0 });
      await isShutDown;
      await becomes(closed);
    },
  ],
  [
    'forceShutdown',
    async (service, becomes) => {
      const server = service.server();
      await service.call(await service.bind(server));
      server.forceShutdown();
      await becomes(closed);
    },
  ],
  [
    'unbinding one of two addresses changes nothing, unbinding the last one drains, binding again is ready',
    async (service, becomes) => {
      const server = service.server();
      const ports = [await service.bind(server), await service.bind(server)];
      const call = await service.call(ports[1]!);
      server.unbind(`127.0.0.1:${ports[0]}`);
      await becomes(ready);
      server.unbind(`127.0.0.1:${ports[1]}`);
      await becomes(draining);
      await call.end();
      await becomes(closed);
      await service.bind(server);
      await becomes(ready);
    },
  ],
  [
    'drain: not ready during the grace time, and ready again after it, because the server goes on listening',
    async (service, becomes) => {
      const server = service.server();
      const port = await service.bind(server);
      server.drain(`127.0.0.1:${port}`, 3_600_000);
      await becomes(draining);
      server.drain(`127.0.0.1:${port}`, 0);
      await becomes(ready);
    },
  ],
  [
    'of two servers both must accept calls',
    async (service, becomes) => {
      const [one, two] = [service.server(), service.server()];
      await service.bind(one);
      await becomes(starting);
      await service.bind(two);
      await becomes(ready);
      await service.call(await service.bind(one));
      one.tryShutdown(() => {});
      await becomes(draining);
    },
  ],
  [
    'a server that replaces one that has shut down',
    async (service, becomes) => {
      const old = service.server();
      await service.bind(old);
      old.forceShutdown();
      await becomes(closed);
      await service.bind(service.server());
      await becomes(ready);
    },
  ],
  [
    'a server with the interceptor alone counts from its first call on',
    async (service, becomes) => {
      const server = service.server({ interceptor: true });
      await becomes(ready);
      const call = await service.call(await service.bind(server));
      await becomes(ready);
      server.tryShutdown(() => {});
      await becomes(draining);
      await call.end();
      await becomes(closed);
    },
  ],
  [
    'a server with injected connections is ready before the first one',
    async (service, becomes) => {
      const server = service.server();
      service.createInjector(server);
      await becomes(ready);
      server.forceShutdown();
      await becomes(closed);
    },
  ],
];

describe.each(versions)('/-/ready and grpc_server_draining, grpc-js %s', (version, grpc) => {
  const has = (name: string) => version !== '1.10' || !name.includes('injected'); // 1.10 injects nothing
  test.each(lives.filter(([name]) => has(name)))('%s', async (_name, run) => {
    const service = new GrpcService(grpc);
    services.push(service);
    const { url } = await service.expose();
    const state = async (): Promise<State> => {
      const response = await fetch(`${url}/-/ready`);
      return [response.status, await response.text(), value(service.metrics, 'grpc_server_draining')];
    };
    await run(service, async (expected) => expect.poll(state, { timeout: 10_000 }).toEqual(expected));
  });
});
