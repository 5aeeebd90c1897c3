import * as grpc from '@grpc/grpc-js';
import { type CallDetailsOptions, type GrpcMetrics, instrument } from 'grpc-vitals';
import { declareBusiness } from './business.ts';
import { exposeMetrics, portTaken } from './metrics-port.ts';
import { addShop } from './service.ts';

/** How long calls under way may go on when the shop closes, in milliseconds. */
const CLOSE_MS = 3000;

export interface ShopOptions {
  readonly credentials: grpc.ServerCredentials;
  /** 0 takes a free one. */
  readonly port: number;
  /** 0 takes a free one. */
  readonly metricsPort: number;
  /** Where both listen; by default gRPC on 127.0.0.1, the metrics on every address. */
  readonly host?: string | undefined;
  /** What is recorded of each call besides; nothing by default. */
  readonly details?: CallDetailsOptions | undefined;
}

/** The running service. */
export interface Shop {
  readonly metrics: GrpcMetrics;
  /** `host:port` for clients on this machine. */
  readonly address: string;
  /** `http://localhost:8000/metrics` */
  readonly metricsUrl: string;
  /** Lets calls under way finish for 3 s, then resets them. */
  close(): Promise<void>;
}

/** Starts the service and its metrics. Rejects with a message for people when a port is taken. */
export async function openShop({ credentials, port, metricsPort, host, details }: ShopOptions): Promise<Shop> {
  const server = new grpc.Server();
  const metrics = instrument(server, { service: { name: 'shop', version: '1.0.0' }, runtime: true, details });
  const health = addShop(server, declareBusiness(metrics));
  const endpoint = await exposeMetrics(metrics, '--metrics-port', metricsPort, host);
  let bound: number;
  try {
    bound = await bind(server, host ?? '127.0.0.1', port, credentials);
  } catch (error) {
    await endpoint.close();
    throw error;
  }
  return {
    metrics,
    address: `${reachable(host)}:${bound}`,
    metricsUrl: `${endpoint.url}/metrics`,
    close: async () => {
      health.setStatus('', 'NOT_SERVING');
      health.setStatus('shop.v1.Orders', 'NOT_SERVING');
      await shutDown(server);
      await endpoint.close();
    },
  };
}

async function bind(
  server: grpc.Server,
  host: string,
  port: number,
  credentials: grpc.ServerCredentials,
): Promise<number> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  try {
    return await new Promise<number>((resolve, reject) => {
      server.bindAsync(address, credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
  } catch (cause) {
    // grpc-js gives no code, only the text of Node's error.
    const { message } = cause as Error;
    if (message.includes('EADDRINUSE')) throw new Error(portTaken('--port', port), { cause });
    throw new Error(`cannot listen on ${address}: ${message}`, { cause });
  }
}

async function shutDown(server: grpc.Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, CLOSE_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A name under which this machine reaches what listens on `host`. */
function reachable(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
