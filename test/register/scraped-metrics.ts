import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { MetricFamily } from '../../src/index.ts';
import { until } from '../support/wait.ts';

type Labels = Readonly<Record<string, string>>;

/** One number of an exposition: of a counter or a gauge, or the count or the sum of a histogram. */
interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** Scrapes in a thread of its own, so that the test can wait for it without a turn of its event loop. */
const scraper = `
const { workerData: { url, port, done } } = require('node:worker_threads');
port.on('message', async () => {
  port.postMessage(await fetch(url).then((response) => response.text(), String));
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
`;

/** The metrics of another process. Each look at them is a scrape, as `collect()` is a look at this moment. */
export class ScrapedMetrics {
  readonly #worker: Worker;
  readonly #port: MessageChannel['port1'];
  readonly #done = new Int32Array(new SharedArrayBuffer(4));
  #baseline = new Map<string, number>();

  constructor(url: string) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData = { url: `${url}/metrics`, port: port2, done: this.#done };
    this.#worker = new Worker(scraper, { eval: true, workerData, transferList: [port2] });
  }

  /** Counts what comes from now on, when no call is in flight any more. */
  async startOver(): Promise<void> {
    let samples: ReadonlyMap<string, Sample> = new Map();
    const inFlight = /^grpc_(client_)?requests_in_flight$/;
    await until(
      () => {
        samples = this.#scrape().samples;
        return !Array.from(samples.values()).some(({ name, value }) => inFlight.test(name) && value !== 0);
      },
      () => 'calls of the test before are in flight',
    );
    this.#baseline = new Map(Array.from(samples, ([key, { value }]) => [key, value]));
  }

  /** What has come since `startOver`, as `GrpcMetrics` has it. All durations of a histogram are in one bucket. */
  collect(): MetricFamily[] {
    const { types, samples } = this.#scrape();
    const families = new Map<string, { name: string; type: string; help: string; series: object[] }>();
    for (const [name, type] of types) families.set(name, { name, type, help: '', series: [] });
    for (const [key, { name, labels, value }] of samples) {
      const change = value - (this.#baseline.get(key) ?? 0);
      const family = families.get(name) ?? families.get(name.replace(/_(count|sum)$/, ''))!;
      if (family.type !== 'histogram') family.series.push({ labels, value: change });
      else if (name.endsWith('_count')) family.series.push({ labels, bounds: [], buckets: [change], sum: 0 });
      else family.series.push({ labels, bounds: [], buckets: [0], sum: change });
    }
    return Array.from(families.values()) as MetricFamily[]; // each is one
  }

  async stop(): Promise<void> {
    this.#port.close();
    await this.#worker.terminate();
  }

  #scrape(): { types: ReadonlyMap<string, string>; samples: ReadonlyMap<string, Sample> } {
    Atomics.store(this.#done, 0, 0);
    this.#port.postMessage('scrape');
    if (Atomics.wait(this.#done, 0, 0, 10_000) === 'timed-out') throw new Error('the program does not answer a scrape');
    const { message } = receiveMessageOnPort(this.#port) as { message: string }; // it is there
    const types = new Map(Array.from(message.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name, type]) => [name!, type!]));
    if (types.size === 0) throw new Error(`not an answer to a scrape: ${message}`);
    const samples = new Map<string, Sample>();
    for (const [, series, name, labels = '', value] of message.matchAll(/^((\w+)(?:\{(.*)\})?) (\S+)$/gm)) {
      if (name!.endsWith('_bucket')) continue;
      const pairs = Array.from(labels.matchAll(/(\w+)="([^"]*)"/g), ([, label, text]) => [label!, text!] as const);
      samples.set(series!, { name: name!, labels: Object.fromEntries(pairs), value: Number(value) });
    }
    return { types, samples };
  }
}
