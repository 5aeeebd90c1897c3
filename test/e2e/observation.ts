import * as grpc from '@grpc/grpc-js';
import type { Books } from '../../examples/books.ts';
import { openShop, type Shop } from '../../examples/shop.ts';
import { evenPlan, type Plan, runPlan } from '../../examples/traffic.ts';
import type { RunningPrometheus } from '../support/servers/prometheus.ts';
import { startDeployed } from './deployed.ts';

/** The servers that observe the shop, by their names in `scripts/test-servers`. */
export const engines = ['prometheus', 'prometheus3'] as const;
export type Engine = (typeof engines)[number];

/*
 * rate() knows a series from its first sample on. It takes it to have begun half an interval before that, or where the line
 * through its samples meets 0 if that is later; by the latter a series that is near 0 in its first sample gets another
 * factor than its neighbours, and no ratio would be exact. So half as much traffic as after the first scrape goes before
 * it: then every series is well above 0 when Prometheus first sees it, and all have one factor.
 */
const EARLIER: Plan = { ...evenPlan(5), bugInStream: 0 };
const OBSERVED: Plan = { ...evenPlan(10), bugInStream: 0 };

const credentials = grpc.credentials.createInsecure();

/** The shop, its clients, and the Prometheuses that scrape it. What it has is there after `open`, whatever comes of that. */
export class Observation {
  shop!: Shop;
  /** Calls before the first scrape. */
  earlier!: Books;
  /** Calls after the first scrape: all but bugInStream, which no client has called yet. */
  observed!: Books;
  readonly running = {} as Record<Engine, RunningPrometheus>;
  /** When a scrape was that found all calls ended and the clients still connected, in seconds. */
  readonly at = {} as Record<Engine, number>;
  readonly #starting: Promise<RunningPrometheus>[] = [];
  #disconnect: () => Promise<unknown> = async () => {};
  #closing: Promise<void> | undefined;

  async open(binaries: Readonly<Record<Engine, string>>): Promise<void> {
    const server = grpc.ServerCredentials.createInsecure();
    this.shop = await openShop({ credentials: server, host: '127.0.0.1', port: 0, metricsPort: 0 });
    this.earlier = await this.call(EARLIER);
    const target = new URL(this.shop.metricsUrl).host;
    for (const engine of engines) {
      const start = startDeployed(binaries[engine], target).then((running) => (this.running[engine] = running));
      this.#starting.push(start);
    }
    await Promise.all(this.#starting);
    await this.scrapes(2);
    await this.#callAndStay();
    await this.scrapes(2);
    for (const engine of engines) this.at[engine] = await this.lastScrape(engine);
  }

  /** Calls the shop over a few connections and closes these. */
  call(plan: Plan): Promise<Books> {
    return runPlan({ address: this.shop.address, credentials, plan });
  }

  /** Waits for each Prometheus to have scraped so often from now on. */
  async scrapes(n: number): Promise<void> {
    await Promise.all(engines.map((engine) => this.running[engine].waitForScrapes(n)));
  }

  /** Time of the newest scrape, in seconds. */
  async lastScrape(engine: Engine): Promise<number> {
    return (await this.running[engine].query('timestamp(up)'))[0]!.value;
  }

  /** Closes the connections that the observed calls were made over. */
  async disconnect(): Promise<void> {
    await this.#disconnect();
  }

  closeShop(): Promise<void> {
    this.#closing ??= this.shop?.close() ?? Promise.resolve();
    return this.#closing;
  }

  /** Ends all that was started, as far as it came. */
  async close(): Promise<void> {
    const stops = this.#starting.map((start) => start.then((server) => server.stop()));
    await Promise.allSettled([...stops, this.disconnect()]);
    await this.closeShop();
  }

  async #callAndStay(): Promise<void> {
    const { address } = this.shop;
    this.observed = await new Promise<Books>((resolve, reject) => {
      const whileOpen = (books: Books) =>
        new Promise<void>((release) => {
          this.#disconnect = () => {
            release();
            return run;
          };
          resolve(books);
        });
      // Few at a time: the clients share the event loop with the server, and would measure their waiting for it.
      const run = runPlan({ address, credentials, plan: OBSERVED, concurrency: 4, whileOpen });
      run.catch(reject);
    });
  }
}
