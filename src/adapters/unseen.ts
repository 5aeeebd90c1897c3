import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';

/** On an HTTP/2 server whose connections this package watches. `http2-server.ts` sets it; the symbol is that of every copy. */
const isWatched: unique symbol = Symbol.for('grpc-vitals.watched');

const listens = 'tracing:net.server.listen:asyncStart';

/**
 * Calls `report` once: when a server that this package does not watch gets its first gRPC request. `port` is its port.
 *
 * A bundled copy of grpc-js serves like this, and so do other libraries. The HTTP/2 server is all that there is to see of them.
 */
export function watchUnseenServers(report: (port: number | undefined) => void): void {
  let isReported = false;
  const listen = (message: unknown): void => {
    const { server } = message as { server: Server }; // As documented in node:diagnostics_channel.
    // Only servers that speak HTTP/2 have listeners for streams.
    if (server.listenerCount('stream') === 0) return;
    const look = (_stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
      if (!isReported && !(headers['content-type'] ?? '').startsWith('application/grpc')) return;
      server.off('stream', look);
      if (isReported || isWatched in server) return;
      isReported = true;
      unsubscribe(listens, listen);
      report((server.address() as AddressInfo | null)?.port);
    };
    server.on('stream', look);
  };
  subscribe(listens, listen);
}
