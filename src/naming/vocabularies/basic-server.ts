import type { Collector } from '../../core/registry.ts';
import { rejections } from '../../rpc/server-store.ts';
import type { ServerNumbers } from '../../rpc/store-numbers.ts';
import { collectorOf, counterSeries } from '../projection.ts';
import type { ProjectionOptions } from '../vocabulary.ts';
import { callProgress, endedCalls } from './basic-calls.ts';
import { callDetails } from './basic-details.ts';
import { labelsOf, serverSide } from './basic-side.ts';

/** The server's calls, its connections, and what never became a call. */
export function projectServer(store: ServerNumbers, { bounds = store.bounds }: ProjectionOptions = {}): Collector {
  return collectorOf([
    ...endedCalls(store, serverSide, bounds),
    {
      // Open HTTP/2 connections.
      name: serverSide.shape.connections,
      type: 'gauge',
      help: 'Active connections',
      read: () => [{ labels: {}, value: store.connections }],
    },
    ...callProgress(store, serverSide, bounds),
    {
      // Handlers of unary and client streaming methods that answered when the call was over: work that nobody got.
      name: 'grpc_requests_abandoned_total',
      type: 'counter',
      help: 'Requests whose handler answered after the client had left or the deadline had passed',
      read: () => counterSeries(store, labelsOf, (method) => method.abandoned),
    },
    {
      // Async handlers that rejected, when they did: grpc-js then leaves the call to its deadline or its client.
      // Seen on instrumented servers for native async functions.
      name: 'grpc_handler_rejections_total',
      type: 'counter',
      help: 'Async handlers that rejected',
      read: () => counterSeries(store, labelsOf, (method) => method.rejections),
    },
    {
      // Turned away before it was an RPC: wrong content type (HTTP 415), not HTTP/2, failed TLS handshake.
      name: 'grpc_rejected_total',
      type: 'counter',
      help: 'Requests and connections rejected before they became an RPC',
      read: () => rejections.map((reason) => ({ labels: { reason }, value: store.rejected[reason] })),
    },
    ...callDetails(store, serverSide),
  ]);
}
