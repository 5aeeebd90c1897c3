import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request of OTLP/HTTP in JSON, as far as these tests read it. */
export interface OtlpRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string; readonly version?: string };
      readonly metrics: readonly OtlpMetric[];
      readonly schemaUrl?: string;
    }[];
  }[];
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly histogram?: { readonly aggregationTemporality: number; readonly dataPoints: readonly OtlpPoint[] };
}

interface OtlpPoint {
  readonly attributes: readonly OtlpAttribute[];
  readonly bucketCounts: readonly number[];
  readonly explicitBounds: readonly number[];
  readonly count: number;
  readonly exemplars?: unknown;
}

/** An OTLP/HTTP receiver on a free port, which keeps what it gets. */
export async function startReceiver(): Promise<{
  readonly url: string;
  /** The next request that has not been asked for yet. */
  next(): Promise<OtlpRequest>;
  stop(): Promise<void>;
}> {
  const requests: OtlpRequest[] = [];
  const server = createServer((request, response) => {
    const answer = async () => {
      requests.push(JSON.parse(await textOf(request)) as OtlpRequest); // the exporter's own JSON
      response.setHeader('content-type', 'application/json').end('{}');
      server.emit('received');
    };
    void answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}/v1/metrics`,
    async next() {
      while (requests.length === 0) await once(server, 'received');
      return requests.shift()!;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}
