import { MetricsError } from '../core/errors.ts';
import type { MetricsEndpoint } from '../serve/endpoint.ts';
import type { ExposeOptions } from '../serve/expose-options.ts';
import { exposeInThread, NoThread, type ThreadInput } from './endpoint-thread.ts';

/** How often the thread of an endpoint may end by itself. Then the main thread answers. */
const mostEnds = 3;

/**
 * Opens an endpoint in a thread of its own, and where that cannot be, here: that is warned of.
 *
 * `lost` is called if the thread ends by itself: another call then opens another endpoint, at last here.
 */
export class ThreadOpening {
  readonly #input: ThreadInput;
  readonly #here: (options: ExposeOptions) => Promise<MetricsEndpoint>;
  #ends = 0;
  #isPossible = true;

  /** `here` opens an endpoint without a thread. */
  constructor(input: ThreadInput, here: (options: ExposeOptions) => Promise<MetricsEndpoint>) {
    this.#input = input;
    this.#here = here;
  }

  /** Rejects as `expose` does. */
  async open(options: ExposeOptions, lost: () => void): Promise<MetricsEndpoint> {
    if (!this.#isPossible) return this.#here(options);
    try {
      return await exposeInThread(this.#input, options, () => {
        this.#ends += 1;
        if (this.#ends === mostEnds) this.#giveUp(`its thread has ended ${mostEnds} times`);
        lost();
      });
    } catch (error) {
      if (!isOfThread(error)) throw error;
      const endpoint = await this.#here(options);
      this.#giveUp(error.message);
      return endpoint;
    }
  }

  #giveUp(reason: string): void {
    this.#isPossible = false;
    this.#input.faults.note(`the endpoint answers on the main thread, so not while that is blocked: ${reason}`);
  }
}

/** Whether the main thread may do better. It may have the package `yaml` from elsewhere (`grpc-vitals/register`). */
function isOfThread(error: unknown): error is Error {
  return error instanceof NoThread || (error instanceof MetricsError && error.code === 'invalid_web_config');
}
