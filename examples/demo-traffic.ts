import { once } from 'node:events';
import { GrpcMetrics } from 'grpc-vitals';
import { runProgram } from './arguments.ts';
import { formatBooks } from './books.ts';
import { exposeMetrics } from './metrics-port.ts';
import { ordersDefinition } from './proto.ts';
import { clientCredentials, type TlsFlags } from './tls.ts';
import { runTraffic } from './traffic.ts';

/** The demo's first message to this process. The second one, whatever it is, ends the traffic. */
export interface TrafficOrder {
  readonly address: string;
  readonly tls: TlsFlags;
  readonly rate: number;
  /** Of the clients' own metrics; 0 takes a free one. */
  readonly metricsPort: number;
  readonly host?: string | undefined;
}

/*
 * The demo's clients, in a process of their own, so that the service has its event loop for itself.
 * They have metrics of their own, as clients of a service have, and tell the demo where.
 * The demo ends them, by a message or by its own end; Ctrl-C in a terminal reaches both, and is for the demo alone.
 */
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
const exit = () => process.exit(1);
process.once('disconnect', exit);

await runProgram(async () => {
  const [{ address, tls, rate, metricsPort, host }] = (await once(process, 'message')) as [TrafficOrder];
  const stop = new AbortController();
  process.once('message', () => stop.abort());
  const credentials = await clientCredentials(tls, address);
  const service = { name: 'customers', version: '1.0.0' };
  const metrics = new GrpcMetrics({ service, runtime: true }).preregister(ordersDefinition);
  const endpoint = await exposeMetrics(metrics, '--client-metrics-port', metricsPort, host);
  process.send!(`${endpoint.url}/metrics`);
  console.log(formatBooks(await runTraffic({ address, credentials, metrics, rate, signal: stop.signal })));
  await endpoint.close();
});
process.off('disconnect', exit);
if (process.connected) process.disconnect();
