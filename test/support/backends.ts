import { once } from 'node:events';
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import type * as newest from '@grpc/grpc-js';
import type { Grpc, Handler, Handlers } from './grpc-js/fixture.ts';
import { service } from './service.ts';

/** A server that a client can call. */
export interface Backend {
  /** `host:port` */
  readonly address: string;
  /** The number of calls that have reached it. A proxy does not count. */
  readonly calls?: () => number;
  /** Closes every connection at once. */
  drop(): void;
  close(): void;
}

/** A real server of grpc-js. */
export async function grpcServer(grpc: Grpc, handlers: Handlers): Promise<Backend & { server: newest.Server }> {
  const server = new grpc.Server();
  let calls = 0;
  const counted = Object.entries(handlers).map(([name, handler]) => [
    name,
    (...given: Parameters<Handler>) => {
      calls += 1;
      return handler(...given);
    },
  ]);
  server.addService(service, Object.fromEntries(counted) as newest.UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const close = () => server.forceShutdown();
  return { server, address: `127.0.0.1:${port}`, calls: () => calls, drop: close, close };
}

/** What a fake server does with a request. `attempt` is the number of the request, from 1. */
export type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, attempt: number) => void;

/** An HTTP/2 server that answers what no gRPC server does. */
export async function rawServer(answer: Answer): Promise<Backend> {
  const server = createHttp2Server();
  const sockets = new Set<Socket>();
  let attempts = 0;
  server.on('connection', (socket: Socket) => keep(sockets, socket));
  server.on('sessionError', () => {}); // Tests cut connections on purpose.
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    attempts += 1;
    answer(stream, headers, attempts);
  });
  return { ...(await listening(server, sockets)), calls: () => attempts };
}

/** What a proxy does with the bytes of one connection. It passes them on by default. */
export interface Fault {
  readonly toServer?: (bytes: Buffer, server: Socket, client: Socket) => void;
  readonly toClient?: (bytes: Buffer, client: Socket, server: Socket) => void;
}

/** A proxy in front of `address`. `faultOf` makes the fault of each connection. */
export async function faultProxy(address: string, faultOf: () => Fault): Promise<Backend> {
  const sockets = new Set<Socket>();
  const [host, port] = address.split(':');
  const pass = (bytes: Buffer, to: Socket) => void to.write(bytes);
  const proxy = createServer((client) => {
    const { toServer = pass, toClient = pass } = faultOf();
    const server = connect(Number(port), host);
    keep(sockets, client);
    keep(sockets, server);
    client.on('data', (bytes) => toServer(bytes, server, client));
    server.on('data', (bytes) => toClient(bytes, client, server));
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
  return listening(proxy, sockets);
}

/** A port where nobody listens. */
export async function refusedAddress(): Promise<string> {
  const backend = await listening(createServer(), new Set());
  backend.close();
  return backend.address;
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => sockets.delete(socket));
}

async function listening(server: NetServer, sockets: Set<Socket>): Promise<Backend> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not a TCP address');
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  const close = () => {
    drop();
    server.close();
  };
  return { address: `127.0.0.1:${bound.port}`, drop, close };
}
