import { MetricsError } from './core/errors.ts';
import { warnUnlessAwaited } from './core/watched-promise.ts';
import type { Alone, OneOfSeveral } from './processes.ts';
import type { EndpointSource, MetricsEndpoint } from './serve/endpoint.ts';
import type { ExposeOptions } from './serve/expose-options.ts';

/** What endpoints need of a `GrpcMetrics`. */
export interface EndpointsInput {
  /** Makes the source of one endpoint. */
  readonly source: () => EndpointSource;
  /** Warns of what is no fault, once for each message. */
  readonly note: (message: string) => void;
  /** Counts an `expose()` that failed, and that nobody waits for. */
  readonly failed: (error: unknown) => void;
  /** This process as one of several that answer as one. */
  readonly several: Pick<OneOfSeveral, 'expose'> | undefined;
  /** This process alone, with threads for its endpoints; undefined where that cannot be. */
  readonly alone: () => Pick<Alone, 'expose'> | undefined;
}

const oneOfSeveral =
  'a scrape sees one of them, and maybe another one each time, so rates are too low and counters seem to be reset. ' +
  'Give each process the option processes: true, or a port of its own, such as a free one with port 0';

/** The endpoints of a `GrpcMetrics`: those that are being opened, and those that are open. */
export class Endpoints {
  readonly #input: EndpointsInput;
  readonly #open = new Set<Promise<MetricsEndpoint>>();
  #isClosed = false;

  constructor(input: EndpointsInput) {
    this.#input = input;
  }

  /** Opens an endpoint. A rejection that nobody waits for is a warning: a taken port must not end the service. */
  expose(options?: ExposeOptions): Promise<MetricsEndpoint> {
    const opening = this.#start(options);
    const isOver = () => this.#open.delete(opening);
    this.#open.add(opening);
    opening.catch(isOver);
    const opened = opening.then((endpoint) => ({
      ...endpoint,
      close: () => {
        isOver();
        return endpoint.close();
      },
    }));
    return warnUnlessAwaited(opened, this.#input.failed);
  }

  /**
   * Waits on all open endpoints at once for their last scrapes. Returns whether each of them came; empty without endpoints.
   * Throws `invalid_option`.
   */
  async lastScrape(timeoutSeconds: number): Promise<boolean[]> {
    const endpoints = await Promise.allSettled(this.#open);
    const open = endpoints.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    return Promise.all(open.map((endpoint) => endpoint.lastScrape({ timeoutSeconds })));
  }

  /** Closes all endpoints, also those that are still being opened, and opens no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // What fails to open has told its own caller.
    const closing = Array.from(this.#open, (opening) => opening.then((endpoint) => endpoint.close()).catch(() => {}));
    this.#open.clear();
    await Promise.all(closing);
  }

  async #start(options: ExposeOptions | undefined): Promise<MetricsEndpoint> {
    if (this.#isClosed) throw new MetricsError('already_closed', 'expose() came after close(): make a new GrpcMetrics');
    // Loaded here: a service that never exposes needs neither node:http nor node:cluster.
    const { expose } = await import('./serve/endpoint.ts');
    const open = (chosen: ExposeOptions = {}) => expose(this.#input.source(), chosen);
    const { several } = this.#input;
    if (several !== undefined) return several.expose(open, options);
    const { siblingsOf } = await import('./processes/environment.ts');
    const alone = options?.thread === true ? this.#input.alone() : undefined;
    const endpoint = await (alone?.expose(open, options) ?? open(options));
    const siblings = siblingsOf();
    if (siblings !== undefined) this.#input.note(`expose() in one process of several (${siblings}): ${oneOfSeveral}`);
    return endpoint;
  }
}
