import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPrometheus } from './prometheus.ts';

/** What an endpoint answers to a scrape. */
export interface ScrapeAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Whether the connection is cut where more of the body is announced. */
  readonly isCut?: boolean;
}

/** Sends an answer. */
export function sendAnswer(response: ServerResponse, { headers, body, isCut = false }: ScrapeAnswer): void {
  response.writeHead(200, headers);
  if (isCut) response.write(body, () => setImmediate(() => response.destroy()));
  else response.end(body);
}

/** What a Prometheus makes of an answer. */
export interface ScrapeVerdict {
  readonly up: boolean;
  /** Why it is not up, in the words of Prometheus. '' where it is. */
  readonly error: string;
}

/** How long Prometheus may take for its first scrape of every answer, in milliseconds. */
const longestWait = 30_000;

/** Lets the Prometheus at `binary` scrape each answer, and resolves with its verdicts in the same order. */
export async function scrapeVerdicts(binary: string, answers: readonly ScrapeAnswer[]): Promise<ScrapeVerdict[]> {
  const server = createServer((request, response) => {
    const answer = answers[Number(request.url?.slice(1))];
    if (answer === undefined) response.writeHead(404).end();
    else sendAnswer(response, answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const targets = answers.map((_answer, index) => ({
    targets: [address],
    labels: { __metrics_path__: `/${index}`, answer: `${index}` },
  }));
  const config = { scrape_configs: [{ job_name: 'answers', static_configs: targets }] };
  const prometheus = await startPrometheus({ binary, config, scrapeInterval: '1s' });
  try {
    for (const start = Date.now(); ; await sleep(100)) {
      const found = await prometheus.targets();
      if (found.length === answers.length && found.every(({ health }) => health !== 'unknown')) {
        const verdicts = new Map(
          found.map(({ labels, health, lastError }) => [labels.answer, { up: health === 'up', error: lastError }]),
        );
        return answers.map((_answer, index) => verdicts.get(`${index}`)!);
      }
      if (Date.now() - start > longestWait)
        throw new Error(`Prometheus has not scraped all of ${answers.length} answers`);
    }
  } finally {
    await prometheus.stop();
    server.closeAllConnections();
    server.close();
  }
}
