import { setImmediate as nextTurn } from 'node:timers/promises';
import { dialectOf } from '../../decode/dialect.ts';
import type { Exposition } from '../../decode/exposition.ts';
import { readExposition } from '../../decode/exposition-reader.ts';
import type { CallShape } from '../../naming/call-shape.ts';
import { processNames } from '../../naming/own/process.ts';
import { faultsName } from '../../naming/own/self.ts';
import { readableShapes } from '../../naming/readable-shapes.ts';
import type { Host } from '../host.ts';
import { scrape, UnreadableError } from '../scrape.ts';
import type { Target } from '../target.ts';
import { baselineOf, type DatedReading } from './baseline.ts';
import { isCallSample } from './call-samples.ts';
import {
  isOfProcesses,
  type ProcessReadings,
  type ProcessRow,
  processesIn,
  processRows,
  readProcesses,
  urlByProcess,
} from './processes.ts';
import { readCalls } from './reading.ts';
import { type MethodWindow, windowsOf } from './window.ts';

/** What is known of a target. */
export interface TargetState {
  readonly url: string;
  readonly up: boolean;
  /** Why it is not up; begins with the URL. */
  readonly error?: string;
  /** That its numbers are not all there, and why; begins with the URL. */
  readonly warning?: string;
  /** That the answer is still awaited, and for how long; begins with the URL. */
  readonly late?: string;
  /** From its last successful scrape before this one, in seconds; null where there is none to compare with. */
  readonly windowSeconds: number | null;
}

/** A target, and what its methods did between its last two scrapes. */
export interface Polled {
  readonly state: TargetState;
  readonly windows: readonly MethodWindow[];
  /** Its processes, where several answer as one. */
  readonly processes: readonly ProcessRow[];
}

interface PollOptions {
  /** Seconds. */
  readonly timeout: number;
  /** Seconds after which an answer is late. */
  readonly patience: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
  /** The names of calls that are read; the default is that of `readCalls`. */
  readonly shapes?: readonly CallShape[] | undefined;
}

/** A target that is scraped again and again. */
export class PolledTarget {
  readonly #target: Target;
  readonly #host: Host;
  readonly #options: PollOptions;
  #lastProcesses: { readonly at: number; readonly readings: ProcessReadings } | undefined;
  #last: (DatedReading & { readonly at: number }) | undefined;
  #latest: Polled;
  #failure: unknown;
  #underWay: { readonly since: number; readonly ended: Promise<void> } | undefined;
  /** When the last piece of the answer arrived; undefined before the first one. */
  #received: number | undefined;
  #wasPrompt = true;
  readonly #isWanted: (name: string) => boolean;

  constructor(target: Target, host: Host, options: PollOptions) {
    this.#target = target;
    this.#host = host;
    this.#options = options;
    this.#latest = { state: { url: target.url, up: false, windowSeconds: null }, windows: [], processes: [] };
    const isCall = isCallSample(options.shapes ?? readableShapes());
    this.#isWanted = (name) =>
      name === processNames.startTime || name.endsWith(faultsName) || isOfProcesses(name) || isCall(name);
  }

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** Whether an answer can be expected that is not late: so it was last time. */
  get isPrompt(): boolean {
    return this.#wasPrompt && !this.isUnderWay;
  }

  /** Scrapes it, unless that is under way. Resolves when that has ended, however it has. */
  ask(): Promise<void> {
    if (this.#underWay !== undefined) return this.#underWay.ended;
    const since = this.#host.now();
    const ended = this.#askSince(since);
    this.#underWay = { since, ended };
    return ended;
  }

  /**
   * What the last scrape that has ended said: what it did since the successful one before, also over a time when it was down.
   * Throws `UnreadableError` for one that answers at first and has no metrics of calls; any other failure is a state.
   */
  latest(): Polled {
    if (this.#failure !== undefined) throw this.#failure;
    const { state, windows, processes } = this.#latest;
    const waited = this.#underWay === undefined ? 0 : this.#host.now() - this.#underWay.since;
    if (state.error !== undefined || waited < this.#options.patience) return this.#latest;
    const isArriving = this.#received !== undefined && this.#host.now() - this.#received < this.#options.patience;
    const what = isArriving ? 'its answer is large and still read' : `no answer for ${Number(waited.toFixed(1))} s`;
    const before = state.up ? ', its calls are those of before' : '';
    return { state: { ...state, late: `${state.url}: ${what}${before}` }, windows, processes };
  }

  async #askSince(since: number): Promise<void> {
    try {
      this.#latest = await this.#poll();
    } catch (error) {
      if (!this.#options.signal.aborted) this.#failure = error;
    } finally {
      this.#underWay = undefined;
      this.#received = undefined;
      this.#wasPrompt = this.#latest.state.up && this.#host.now() - since < this.#options.patience;
    }
  }

  async *#follow(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for await (const piece of body) {
      this.#received = this.#host.now();
      yield piece;
    }
  }

  async #poll(): Promise<Polled> {
    const { url } = this.#target;
    const { timeout: timeoutSeconds, signal } = this.#options;
    const last = this.#last;
    try {
      const { body, contentType, date } = await scrape(this.#target, this.#host.request, {
        timeoutSeconds,
        interrupted: signal,
      });
      const at = this.#host.now();
      const exposition = await readExposition(this.#follow(body), dialectOf(contentType), {
        signal,
        isWanted: this.#isWanted,
      });
      const calls = readCalls(exposition, this.#options.shapes);
      await nextTurn();
      const lost = lostLines(exposition);
      if (calls === undefined) {
        throw new ForeignError(`${url}: ${lost === undefined ? foreign : `no metrics of gRPC calls, and ${lost}`}`);
      }
      this.#last = { ...calls, at, date };
      const base = last && baselineOf(last, calls);
      const several = processesIn(exposition) > 1 ? await this.#askProcesses(exposition) : { processes: [] };
      const notes = [lost, last !== undefined && base === undefined && another, several.problem].filter(Boolean);
      const windows = base === undefined ? [] : windowsOf(base, calls, at - last!.at);
      const warning = notes.length === 0 ? {} : { warning: `${url}: ${notes.join('; ')}` };
      return {
        state: { url, up: true, ...warning, windowSeconds: base === undefined ? null : at - last!.at },
        windows,
        processes: several.processes,
      };
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      // One that was read before is another program now, or its metrics come later.
      if (error instanceof ForeignError && last === undefined) throw error;
      return { state: { url, up: false, error: error.message, windowSeconds: null }, windows: [], processes: [] };
    }
  }

  /** Asks for each process. The sums are shown also where that fails. Rejects where it is given up. */
  async #askProcesses(sums: Exposition): Promise<{ processes: readonly ProcessRow[]; problem?: string }> {
    const { timeout: timeoutSeconds, signal, shapes } = this.#options;
    const { url } = this.#target;
    const target = { ...this.#target, url: urlByProcess(url, wantedFamilies(sums)) };
    try {
      const { body, contentType, date } = await scrape(target, this.#host.request, {
        timeoutSeconds,
        interrupted: signal,
      });
      const at = this.#host.now();
      const options = { signal, isWanted: this.#isWanted };
      const exposition = await readExposition(this.#follow(body), dialectOf(contentType), options);
      const last = this.#lastProcesses;
      const readings = readProcesses(exposition, shapes);
      this.#lastProcesses = { at, readings };
      const earlier = last && { processes: last.readings, seconds: at - last.at };
      return { processes: processRows(url, earlier, readings, date) };
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      return { processes: [], problem: `no table of processes: ${error.message.replace(`${target.url}: `, '')}` };
    }
  }
}

function wantedFamilies({ families }: Exposition): string[] {
  return Array.from(families.values()).flatMap(({ name, samples }) => (samples.length > 0 ? [name] : []));
}

/** What of an exposition could not be read. */
function lostLines({ problems }: Exposition): string | undefined {
  const lost = problems.filter(({ rule, isLost }) => isLost || rule === 'no_eof');
  const [first] = lost;
  if (first === undefined) return undefined;
  const lines = lost.length === 1 ? 'a line is' : `${lost.length} lines are`;
  return `${lines} left out, first ${first.subject}: ${first.problem} (grpc-vitals check says more)`;
}

class ForeignError extends UnreadableError {}

const foreign =
  'no metrics of gRPC calls (top knows the names of grpc-vitals, go-grpc-prometheus, OpenTelemetry, Micrometer, OpenCensus, prometheus-net, go-zero and Envoy; grpc-vitals check looks at any endpoint)';

const another = 'another process answers than before: its calls are shown from the next scrape on';
