import { dialectOf } from '../exposition/dialect.ts';
import { type Exposition, readExposition } from '../exposition/exposition.ts';
import { scrape, UnreadableError } from '../fetch.ts';
import type { Host } from '../host.ts';
import type { Target } from '../target.ts';
import { type Reading, readCalls } from './reading.ts';
import { type MethodWindow, windowsOf } from './window.ts';

/** What is known of a target after a scrape. */
export interface TargetState {
  readonly url: string;
  readonly up: boolean;
  /** Why it is not up; begins with the URL. */
  readonly error?: string;
  /** That its numbers are not all there, and why; begins with the URL. */
  readonly warning?: string;
  /** From its last successful scrape before this one, in seconds; null after its first. */
  readonly windowSeconds: number | null;
}

/** A target that is scraped again and again. */
export class PolledTarget {
  readonly url: string;
  readonly #target: Target;
  readonly #host: Host;
  readonly #timeoutSeconds: number;
  #last: { readonly at: number; readonly calls: Reading } | undefined;

  constructor(target: Target, host: Host, timeoutSeconds: number) {
    this.url = target.url;
    this.#target = target;
    this.#host = host;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /**
   * Scrapes it. What it did since its last successful scrape, also over a time when it was down.
   * Throws `UnreadableError` for one that answers at first and has no metrics of calls; any other failure is a state.
   */
  async poll(): Promise<{ readonly state: TargetState; readonly windows: readonly MethodWindow[] }> {
    const { fetch, now, interrupted } = this.#host;
    const [url, last] = [this.url, this.#last];
    try {
      const { body, contentType } = await scrape(this.#target, fetch, {
        timeoutSeconds: this.#timeoutSeconds,
        interrupted,
      });
      const at = now();
      const exposition = readExposition(body, dialectOf(contentType));
      const calls = readCalls(exposition);
      const lost = lostLines(exposition);
      if (calls === undefined) {
        throw new ForeignError(`${url}: ${lost === undefined ? foreign : `no metrics of gRPC calls, and ${lost}`}`);
      }
      this.#last = { at, calls };
      const windowSeconds = last === undefined ? null : at - last.at;
      const windows = last === undefined ? [] : windowsOf(last.calls, calls, at - last.at);
      const warning = lost === undefined ? {} : { warning: `${url}: ${lost}` };
      return { state: { url, up: true, ...warning, windowSeconds }, windows };
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      // One that was read before is another program now, or its metrics come later.
      if (error instanceof ForeignError && last === undefined) throw error;
      return { state: { url, up: false, error: error.message, windowSeconds: null }, windows: [] };
    }
  }
}

/** What of an exposition could not be read: Prometheus would have none of it. */
function lostLines({ problems }: Exposition): string | undefined {
  const lost = problems.filter(({ rule }) => rule === 'malformed_line' || rule === 'no_eof');
  const [first] = lost;
  if (first === undefined) return undefined;
  const lines = lost.length === 1 ? 'a line is' : `${lost.length} lines are`;
  return `${lines} left out, first ${first.subject}: ${first.problem} (grpc-vitals check says more)`;
}

class ForeignError extends UnreadableError {}

const foreign =
  'no metrics of gRPC calls (top knows the names of grpc-vitals, of go-grpc-prometheus and its likes in Java and Python, and of OpenTelemetry; grpc-vitals check looks at any endpoint)';
