import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node';
import { clientInterceptor } from '../../../src/connect.ts';
import type { Protocol } from '../../endings/connect/dialects.ts';
import { ConnectClient } from '../../support/connect/client.ts';
import { Endings } from '../../support/connect/schema.ts';
import type { ClientAdapter } from '../adapter.ts';
import { differencesOf } from './differences.ts';
import { serveWith } from './server.ts';

const transports = { gRPC: createGrpcTransport, 'gRPC-Web': createGrpcWebTransport, Connect: createConnectTransport };

/** Clients of Connect under the contract of clients' endings, over one of its protocols and HTTP/2. */
export function connect(protocol: Protocol): ClientAdapter {
  return {
    name: `Connect, ${protocol}`,
    countsAttempts: false,
    seesSizes: false,
    differences: differencesOf(protocol),
    serve: serveWith(protocol),
    connect(address, { limits = {} }, metrics) {
      const { maxReceiveBytes, maxSendBytes, keepAliveSeconds } = limits;
      const baseUrl = `http://${address}`;
      const sessionManager = new Http2SessionManager(baseUrl, {
        ...(keepAliveSeconds && { pingIntervalMs: keepAliveSeconds * 1000, pingTimeoutMs: keepAliveSeconds * 1000 }),
      });
      const transport = transports[protocol]({
        baseUrl,
        httpVersion: '2',
        sessionManager,
        interceptors: [clientInterceptor(metrics, { services: [Endings] })],
        ...(maxReceiveBytes && { readMaxBytes: maxReceiveBytes }),
        ...(maxSendBytes && { writeMaxBytes: maxSendBytes }),
      });
      return new ConnectClient(transport, () => sessionManager.connect());
    },
  };
}
