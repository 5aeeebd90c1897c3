import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';

/** gRPC that this package does not see: on a port that the process serves, or in calls that it makes. */
export type UnseenGrpc = { readonly side: 'server'; readonly port: number | undefined } | { readonly side: 'client' };

/** On an HTTP/2 server whose connections this package watches. `http2-server.ts` sets it; the symbol is that of every copy. */
const isWatched: unique symbol = Symbol.for('grpc-vitals.watched');

const listens = 'tracing:net.server.listen:asyncStart';
/** Node has it from 22.17 on. */
const calls = 'http2.client.stream.start';

/**
 * Calls `report` once: when a server that this package does not watch gets its first gRPC request, or when the process makes a gRPC
 * call and `hasGrpcJs` says that it has no grpc-js.
 *
 * A bundled copy of grpc-js does so, and so do other libraries. HTTP/2 is all that there is to see of them.
 */
export function watchUnseenGrpc(hasGrpcJs: () => boolean, report: (unseen: UnseenGrpc) => void): void {
  let isReported = false;
  const end = (unseen?: UnseenGrpc): void => {
    unsubscribe(calls, call);
    if (unseen === undefined || isReported) return;
    isReported = true;
    unsubscribe(listens, listen);
    report(unseen);
  };
  const call = (message: unknown): void => {
    const { headers } = message as { headers?: IncomingHttpHeaders }; // As documented in node:http2.
    if (hasGrpcJs()) end();
    else if (isGrpc(headers)) end({ side: 'client' });
  };
  const listen = (message: unknown): void => {
    const { server } = message as { server: Server }; // As documented in node:diagnostics_channel.
    // Only servers that speak HTTP/2 have listeners for streams.
    if (server.listenerCount('stream') === 0) return;
    const look = (_stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
      if (!isReported && !isGrpc(headers)) return;
      server.off('stream', look);
      if (!(isWatched in server)) end({ side: 'server', port: (server.address() as AddressInfo | null)?.port });
    };
    server.on('stream', look);
  };
  subscribe(listens, listen);
  subscribe(calls, call);
}

function isGrpc(headers: IncomingHttpHeaders | undefined): boolean {
  return String(headers?.['content-type']).startsWith('application/grpc');
}
