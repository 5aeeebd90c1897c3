import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A port that was free just now, for programs that do not say which one they took. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  server.close();
  await once(server, 'close');
  return String(port);
}
