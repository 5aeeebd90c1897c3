import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@grpc/grpc-js';

/** How a service did while it was under load. */
export interface Load {
  /** Milliseconds from when a call was due to its end. */
  readonly p99: number;
  readonly failed: number;
  /** Of scrapes, one every two seconds: how many there were, and how many were answered with 200. */
  readonly scrapes: number;
  readonly scraped: number;
}

const callsPerSecond = 100;
const pass = (bytes: Buffer) => bytes;
const message = Buffer.from('message');

/** Calls and scrapes a service until `over`: calls are sent when they are due, however many are open. */
export async function load(client: Client, scrapeOnce: () => Promise<boolean>, over: Promise<unknown>): Promise<Load> {
  const stop = new AbortController();
  void over.finally(() => stop.abort());
  const latencies: number[] = [];
  let failed = 0;
  const call = (due: number) =>
    new Promise<void>((resolve) => {
      const deadline = Date.now() + 10_000;
      client.makeUnaryRequest('/bench.v1.Bench/Unary', pass, pass, message, { deadline }, (error) => {
        latencies.push(performance.now() - due);
        if (error !== null) failed += 1;
        resolve();
      });
    });
  const calls: Promise<void>[] = [];
  const scrapes: Promise<boolean>[] = [];
  const start = performance.now();
  for (let sent = 0; !stop.signal.aborted; await sleep(2)) {
    for (; start + (sent * 1000) / callsPerSecond <= performance.now(); sent += 1) {
      calls.push(call(start + (sent * 1000) / callsPerSecond));
      if (sent % (callsPerSecond * 2) === callsPerSecond) scrapes.push(scrapeOnce());
    }
  }
  await Promise.all(calls);
  const answered = await Promise.all(scrapes);
  latencies.sort((one, other) => one - other);
  return {
    p99: latencies[Math.ceil(latencies.length * 0.99) - 1] ?? NaN,
    failed,
    scrapes: answered.length,
    scraped: answered.filter((is) => is).length,
  };
}

/** Whether a scrape as Prometheus makes it, over a connection of its own, is answered within its timeout. */
export function scrape(port: number): Promise<boolean> {
  const headers = { Accept: 'text/plain;version=0.0.4', 'Accept-Encoding': 'gzip' };
  return new Promise((resolve) => {
    const asked = get(
      { port, host: '127.0.0.1', path: '/metrics', headers, agent: false, timeout: 10_000 },
      (response) => {
        response.resume();
        response.once('close', () => resolve(response.statusCode === 200 && response.complete));
      },
    );
    const late = setTimeout(() => asked.destroy(new Error('late')), 10_000);
    asked.once('close', () => clearTimeout(late));
    asked.once('error', () => resolve(false));
  });
}
