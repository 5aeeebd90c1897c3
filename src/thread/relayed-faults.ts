import { Faults, type Limit, type Stage } from '../rpc/faults.ts';
import { plainError } from './peer.ts';

/** Faults in the thread of the endpoint, for the main thread. */
export interface RelayedFault {
  readonly stage: Stage;
  readonly cause: unknown;
  readonly subject: string | undefined;
  /** How often it happened. */
  times: number;
}

/** Collects the faults in the thread of the endpoint, until the main thread counts them and warns of them. */
export class RelayedFaults extends Faults {
  #faults = new Map<string, RelayedFault>();
  #notes = new Set<string>();

  override count(stage: Stage, cause: unknown, subject?: string): void {
    const key = JSON.stringify([stage, subject]);
    const known = this.#faults.get(key);
    if (known !== undefined) known.times += 1;
    else
      this.#faults.set(key, {
        stage,
        cause: cause instanceof Error ? plainError(cause) : String(cause),
        subject,
        times: 1,
      });
  }

  override fold(_limit: Limit, problem: string, subject?: string): void {
    this.count('scrape', problem, subject); // this thread records nothing
  }

  override note(message: string): void {
    this.#notes.add(message);
  }

  /** What has been collected since the last time. */
  take(): { readonly faults: readonly RelayedFault[]; readonly notes: readonly string[] } {
    const taken = { faults: [...this.#faults.values()], notes: [...this.#notes] };
    this.#faults = new Map();
    this.#notes = new Set();
    return taken;
  }
}
