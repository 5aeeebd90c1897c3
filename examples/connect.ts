import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { connectNodeAdapter, createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { GrpcMetrics } from 'grpc-vitals';
import { clientInterceptor, instrumentHttp2Server, instrumentRoutes } from 'grpc-vitals/connect';
import { Greeter } from './greeter.ts';

/*
 * A service of Connect and clients of it over two protocols, with the metrics of both sides: `node --import tsx examples/connect.ts`.
 */

const metrics = new GrpcMetrics({ service: { name: 'greeter', version: '1.0.0' } });

const adapter = connectNodeAdapter(
  instrumentRoutes(metrics, {
    routes: (router) =>
      router.service(Greeter, {
        greet({ value }) {
          if (value === 'bug') throw new TypeError('a bug in the handler');
          if (value === '') throw new ConnectError('who are you?', Code.InvalidArgument);
          return { value: `Hello, ${value}` };
        },
        async *greetAll({ value }) {
          for (const name of value.split(',')) yield { value: `Hello, ${name}` };
        },
      }),
  }),
);
const server = instrumentHttp2Server(metrics, createServer(adapter));
server.listen(0, '127.0.0.1');
await once(server, 'listening');

const options = {
  baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
  httpVersion: '2' as const,
  interceptors: [clientInterceptor(metrics, { services: [Greeter] })],
};
for (const transport of [createGrpcTransport(options), createConnectTransport(options)]) {
  const client = createClient(Greeter, transport);
  for (const value of ['Ada', '', 'bug']) await client.greet({ value }).catch(() => {});
  for await (const _ of client.greetAll({ value: 'Ada,Grace' }));
}

const { body } = await metrics.render();
const lines = String(body).split('\n');
console.log(
  lines.filter((line) => /^grpc_(client_)?(requests|errors|messages_sent)_total.* [1-9]/.test(line)).join('\n'),
);
process.exit(); // the transports keep their connections
