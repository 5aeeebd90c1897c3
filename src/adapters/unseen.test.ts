import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { watch } from './http2-server.ts';
import { type UnseenGrpc, watchUnseenGrpc } from './unseen.ts';

const grpc = { 'content-type': 'application/grpc+proto' };

/** Serves two requests of this type. Resolves with the port, and what was reported. */
async function serve(contentType: string, isOurs = false): Promise<{ port: number; reported: UnseenGrpc[] }> {
  const reported: UnseenGrpc[] = [];
  watchUnseenGrpc(
    () => true,
    (unseen) => reported.push(unseen),
  );
  const server = createServer((_request, response) => response.end());
  if (isOurs) watch(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const session = connect(`http://127.0.0.1:${port}`);
  for (let left = 2; left > 0; left -= 1) {
    const stream = session.request({ 'content-type': contentType });
    stream.resume();
    await once(stream, 'close');
  }
  session.close();
  server.close();
  return { port, reported };
}

test('a server that nobody watches is reported once', async () => {
  const { port, reported } = await serve('application/grpc');
  expect(reported).toEqual([{ side: 'server', port }]);
});

test.each([
  ['it is watched', 'application/grpc', true],
  ['it serves no gRPC', 'text/plain', false],
])('a server is not reported: %s', async (_name, contentType, isOurs) => {
  expect((await serve(contentType, isOurs)).reported).toEqual([]);
});

const clients: [name: string, hasGrpcJs: boolean, messages: object[], reported: UnseenGrpc[]][] = [
  ['two gRPC calls', false, [{ headers: grpc }, { headers: grpc }], [{ side: 'client' }]],
  ['a gRPC call after another one', false, [{ headers: {} }, { headers: grpc }], [{ side: 'client' }]],
  ['gRPC calls of a process with grpc-js', true, [{ headers: grpc }], []],
  ['other calls', false, [{ headers: {} }, {}], []],
];
test.each(clients)('what a client does is reported at most once: %s', (_name, hasGrpcJs, messages, expected) => {
  const reported: UnseenGrpc[] = [];
  watchUnseenGrpc(
    () => hasGrpcJs,
    (unseen) => reported.push(unseen),
  );
  for (const message of messages) channel('http2.client.stream.start').publish(message);
  expect(reported).toEqual(expected);
});
