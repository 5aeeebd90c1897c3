import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/** What a scraper is to do. */
export interface Scrapes {
  readonly port: number;
  /** Once a second, the first after half a second. */
  readonly times: number;
}

/** Scrapes as Prometheus does, compressed: in a thread of its own, so that the answers do not delay the calls. */
async function scrape({ port, times }: Scrapes): Promise<void> {
  const start = performance.now();
  const scrapes = Array.from({ length: times }, async (_, index) => {
    await setTimeout(start + 500 + index * 1000 - performance.now());
    const headers = { 'Accept-Encoding': 'gzip' };
    const [response] = (await once(get({ port, headers, path: '/metrics', agent: false }), 'response')) as [
      IncomingMessage, // as documented
    ];
    if (response.statusCode !== 200) throw new Error(`a scrape was answered ${response.statusCode}`);
    response.resume();
    await once(response, 'end');
  });
  await Promise.all(scrapes);
}

if (parentPort !== null) {
  parentPort.postMessage('started');
  await once(parentPort, 'message');
  await scrape(workerData as Scrapes);
}
