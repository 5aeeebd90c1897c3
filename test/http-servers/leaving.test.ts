import { once } from 'node:events';
import { createServer as createHttp1, request } from 'node:http';
import { connect, constants, createServer as createHttp2 } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics, type ScrapeHandler } from '../../src/index.ts';
import { value } from '../support/metric-value.ts';
import { deferred } from '../support/wait.ts';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close();
});

const servers: [
  name: string,
  serve: (answer: ScrapeHandler) => Server,
  ask: (url: string) => { destroy(): unknown },
][] = [
  [
    'HTTP/1',
    (answer) => createHttp1(answer),
    (url) =>
      request(url)
        .on('error', () => {})
        .end(),
  ],
  [
    'HTTP/2',
    (answer) => createHttp2(answer),
    (url) => {
      const session = connect(url).on('error', () => {});
      closing.push(() => session.destroy());
      const stream = session.request({ ':path': '/' }).on('error', () => {});
      return { destroy: () => stream.close(constants.NGHTTP2_CANCEL) }; // the connection stays
    },
  ],
];
// Frameworks call the handler after their own work: by then the client may have left.
test.each(servers)(
  '%s: a client that left before the handler was called leaves no place occupied',
  async (_name, serve, ask) => {
    const metrics = new GrpcMetrics();
    const handler = metrics.handler({ maxRequestsInFlight: 1 });
    const arrived = deferred();
    const handled = deferred();
    const server = serve((req, res) => {
      arrived.resolve();
      res.once('close', () => {
        handler(req, res);
        handled.resolve();
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    closing.push(() => server.close());
    const leaving = ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`); // it listens on a port
    await arrived.promise;
    leaving.destroy();
    await handled.promise;
    expect(value(metrics, 'promhttp_metric_handler_requests_in_flight')).toBe(0);
  },
);
