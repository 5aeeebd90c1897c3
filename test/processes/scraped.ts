import type { GrpcMetrics } from '../../src/index.ts';
import { numbersIn, type Scraped } from './watch.ts';

/** The numbers of a scrape that nobody had to ask a port for. */
export async function scrapeOf(metrics: GrpcMetrics, naming?: 'basic' | 'go' | 'grpc' | 'otel'): Promise<Scraped> {
  const { body } = await metrics.render(naming === undefined ? {} : { naming: [naming] });
  return numbersIn(String(body));
}
