import { MetricsError } from '../core/errors.ts';
import type { MetricsEndpoint } from '../serve/endpoint.ts';
import type { ExposeOptions } from '../serve/expose-options.ts';
import { exposeInThread, NoThread, type ThreadInput } from './endpoint-thread.ts';

/** How often the thread of an endpoint may end by itself. Then the main thread answers. */
const mostEnds = 3;

/** An endpoint that has all ready, and does not listen yet. */
export interface PreparedEndpoint {
  /** Rejects as `expose` does. */
  open(): Promise<MetricsEndpoint>;
  /** It is not needed any more. */
  drop(): void;
}

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
    return this.#isPossible ? this.#orHere(options, this.#openThere(options, lost)) : this.#here(options);
  }

  /** Starts the thread, which is to listen later; undefined where there is no thread. */
  prepare(options: ExposeOptions, lost: () => void): PreparedEndpoint | undefined {
    if (!this.#isPossible) return undefined;
    let [begin, drop]: [() => void, (reason: Error) => void] = [() => {}, () => {}];
    const begun = new Promise<void>((resolve, reject) => {
      [begin, drop] = [resolve, reject];
    });
    const opening = this.#openThere(options, lost, begun);
    for (const promise of [begun, opening]) promise.catch(() => {}); // `open` says what is wrong
    return {
      open: () => {
        begin();
        return this.#orHere(options, opening);
      },
      drop: () => drop(new Error('another process answers')),
    };
  }

  #openThere(options: ExposeOptions, lost: () => void, begin?: Promise<void>): Promise<MetricsEndpoint> {
    const ended = () => {
      this.#ends += 1;
      if (this.#ends === mostEnds) this.#giveUp(`its thread has ended ${mostEnds} times`);
      lost();
    };
    return exposeInThread(this.#input, options, ended, begin);
  }

  /** What is opened in a thread, or here where that cannot be. */
  async #orHere(options: ExposeOptions, there: Promise<MetricsEndpoint>): Promise<MetricsEndpoint> {
    try {
      return await there;
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
