import { monotonicSeconds } from './core/clock.ts';
import { endsWithin } from './core/ends-within.ts';
import type { Endpoints } from './endpoints.ts';
import type { Servers } from './rpc/servers.ts';
import { checkShutdown, type ShutdownChoices, type ShutdownOptions } from './serve/shutdown-options.ts';

/** What ending needs of a `GrpcMetrics`. */
export interface ShutdownInput {
  readonly servers: Servers;
  /** Says to other processes of the service that this one is about to end. */
  readonly noteEnding: () => void;
  readonly endpoints: Endpoints;
  /** Ends all that runs by itself. */
  readonly close: () => Promise<void>;
  /** Warns of what is no fault. */
  readonly note: (message: string) => void;
  /** Counts what failed, and warns. `subject` says where. */
  readonly failed: (error: unknown, subject: string) => void;
}

/** Ends a service at a signal: lets its servers drain, waits for the last scrape, and ends the process. */
export class Shutdown {
  readonly #input: ShutdownInput;
  readonly #remove = new Set<() => void>();
  #isEnding = false;

  constructor(input: ShutdownInput) {
    this.#input = input;
  }

  /** Listens for the signal. Returns a function that stops that. Throws `invalid_option`. */
  on(signal: NodeJS.Signals, options: ShutdownOptions = {}): () => void {
    const choices = checkShutdown(signal, options);
    // A second signal changes nothing: frameworks and process managers repeat it. The time is bounded anyway.
    const listener = () => {
      if (this.#isEnding) return;
      this.#isEnding = true;
      void this.#end(choices);
    };
    process.on(signal, listener);
    const remove = () => {
      process.off(signal, listener);
      this.#remove.delete(remove);
    };
    this.#remove.add(remove);
    return remove;
  }

  /** Stops listening, unless the process is ending: until then a repeated signal must not kill it. */
  close(): void {
    if (this.#isEnding) return;
    for (const remove of this.#remove) remove();
  }

  async #end({ timeoutSeconds, drainSeconds, afterDrain, exit }: ShutdownChoices): Promise<void> {
    const { servers, noteEnding, endpoints, close, note, failed } = this.#input;
    const end = monotonicSeconds() + timeoutSeconds;
    const left = () => Math.max(0.001, end - monotonicSeconds());
    /** One step that fails must not keep the process from its end. */
    const attempt = async (step: string, action: () => unknown) => {
      try {
        await action();
      } catch (error) {
        failed(error, step);
      }
    };
    noteEnding();
    await attempt('shutdown', () => servers.shutDown(Math.min(drainSeconds, left())));
    await attempt('afterDrain', async () => {
      if (await endsWithin(Promise.resolve(afterDrain?.()), left())) return;
      throw new Error(`took longer than the ${timeoutSeconds} s of timeoutSeconds`);
    });
    await attempt('lastScrape', async () => {
      const scraped = await endpoints.lastScrape(left());
      if (scraped.includes(false)) note(`the process ends without a last scrape: ${tooShort}`);
    });
    await attempt('close', close);
    if (exit) process.exit();
    this.#isEnding = false;
    this.close();
  }
}

const tooShort =
  "none came in time. Give shutdownOn() a timeoutSeconds above the scraper's interval, and Kubernetes a longer terminationGracePeriodSeconds";
