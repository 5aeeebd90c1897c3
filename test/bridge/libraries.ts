import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as successor from '@prometheus-io/client';
import * as prom from 'prom-client';
import { afterEach } from 'vitest';
import { type ExposeOptions, GrpcMetrics, type GrpcMetricsOptions, type MetricsEndpoint } from '../../src/index.ts';

type Library = typeof prom;
export type Registry = prom.Registry<prom.RegistryContentType>;

/** Both libraries; what their types differ in is not used here. */
export const libraries: readonly (readonly [name: string, library: Library])[] = [
  ['prom-client', prom],
  ['@prometheus-io/client', successor as unknown as Library], // as said
];

/** The static methods of an `AggregatorRegistry`; the types of one library do not have it. */
export function aggregate(library: Library, registries: readonly object[]): Registry {
  const { AggregatorRegistry } = library as unknown as {
    AggregatorRegistry: { aggregate(given: readonly object[]): Registry };
  }; // as said
  return AggregatorRegistry.aggregate(registries);
}

const endpoints: MetricsEndpoint[] = [];
afterEach(async () => {
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
});

/** An endpoint on a free port, closed after the test. */
export async function exposed(metrics: GrpcMetrics, options?: ExposeOptions): Promise<string> {
  const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1', ...options });
  endpoints.push(endpoint);
  return `${endpoint.url}/metrics`;
}

export interface Scrape {
  readonly status: number | undefined;
  readonly bytes: Buffer;
  readonly text: string;
}

export async function scrape(url: string, accept?: string): Promise<Scrape> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = accept === undefined ? {} : { accept };
    const asked: ClientRequest = get(url, { headers, agent: false }, resolve);
    asked.on('error', reject);
  });
  const bytes = await buffer(response);
  return { status: response.statusCode, bytes, text: bytes.toString() };
}

/** Metrics, and what they have warned of, without the note that further faults are only counted. */
export function watched(options?: GrpcMetricsOptions): { readonly metrics: GrpcMetrics; readonly said: string[] } {
  const said: string[] = [];
  const logger = { warn: (message: string) => said.push(message.replace(/ \(further faults .*/, '')) };
  return { metrics: new GrpcMetrics({ ...options, logger }), said };
}

/** The lines of metrics that are not our own. */
export function foreignLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^(# (HELP|TYPE|UNIT) )?(grpc|promhttp)_/.test(line))
    .join('\n');
}

/** How often something failed while registries were read. */
export function faultsOf(text: string): number {
  return Number(/^grpc_vitals_errors_total\{stage="include"\} (\d+)(?:\.0)?$/m.exec(text)?.[1]);
}
