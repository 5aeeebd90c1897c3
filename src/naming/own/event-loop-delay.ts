import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { defaultBuckets } from '../../core/buckets.ts';
import type { HistogramSeries } from '../../core/snapshot.ts';

/** Every field has a default; the default is in the signature of the constructor. */
export interface DelayOptions {
  /** Milliseconds between two samples. At 10 they cost 0.4% of a core, at 50 a tenth of a percent. */
  readonly resolution?: number;
  /** Length of a window in seconds. At 0 each call of `summary` ends one, which fits a sampler with a single reader. */
  readonly windowSeconds?: number;
}

/** How late the event loop ran its timers, in seconds. */
export interface DelaySummary {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Samples how late the event loop runs a timer. No reader takes a sample from another one:
 *
 * - `histogram` counts every sample since the start.
 * - `summary` covers the last complete window and the one under way, so a scraper that reads at least once in a window
 *   sees every block of the loop, also when the scrape that met the block timed out.
 *
 * Node's monitors can only be reset as a whole, and a reset also loses the sample under way. So one is never reset, and
 * two take turns: each is reset at every second end of a window, and `summary` reads the older one. Three cost what one
 * does, because their timers expire together. None of the timers keeps the process alive.
 */
export class EventLoopDelay {
  readonly #resolution: number;
  readonly #windowSeconds: number;
  readonly #all: IntervalHistogram;
  /** Covers the last complete window and the one under way. */
  #older: IntervalHistogram;
  /** Covers the window under way. */
  #younger: IntervalHistogram;
  readonly #timer: NodeJS.Timeout | undefined;
  /** Samples that were counted into `#upTo`. */
  #counted = 0;
  /** For each bound the number of samples up to it. */
  readonly #upTo: number[] = defaultBuckets.map(() => 0);
  #sum = 0;

  constructor({ resolution = 10, windowSeconds = 15 }: DelayOptions = {}) {
    this.#resolution = resolution * 1e6;
    this.#windowSeconds = windowSeconds;
    const monitor = () => {
      const delay = monitorEventLoopDelay({ resolution });
      delay.enable();
      return delay;
    };
    this.#all = monitor();
    this.#older = monitor();
    this.#younger = monitor();
    if (windowSeconds > 0) this.#timer = setInterval(() => this.#endWindow(), windowSeconds * 1000).unref();
  }

  /** The lag of the last complete window and of the one under way. */
  summary(): DelaySummary {
    const { mean, max } = this.#older;
    const p99 = this.#older.percentile(99);
    if (this.#windowSeconds === 0) this.#endWindow();
    return { mean: this.#seconds(mean), p99: this.#seconds(p99), max: this.#seconds(max) };
  }

  /** All samples since the start. */
  histogram(): HistogramSeries {
    this.#count();
    const buckets = this.#upTo.map((count, index) => count - (this.#upTo[index - 1] ?? 0));
    const beyond = this.#counted - this.#upTo.at(-1)!;
    return { labels: {}, bounds: defaultBuckets, buckets: [...buckets, beyond], sum: this.#sum };
  }

  /** Samples no more, and keeps what it has. */
  stop(): void {
    clearInterval(this.#timer);
    for (const monitor of [this.#all, this.#older, this.#younger]) monitor.disable();
  }

  #endWindow(): void {
    this.#older.reset();
    [this.#older, this.#younger] = [this.#younger, this.#older];
  }

  /** An idle loop is sampled once every `resolution`: what is beyond that is lag. */
  #seconds(nanoseconds: number): number {
    return Math.max((nanoseconds || 0) - this.#resolution, 0) / 1e9;
  }

  /**
   * Brings the counts up to date. Node gives no counts by value, but percentiles: with `n` samples the percentile
   * `100 * k / n` is the value of the `k`-th smallest. Only new samples are searched for: a scrape takes 0.1 ms.
   */
  #count(): void {
    const { count, mean } = this.#all;
    if (count === this.#counted) return;
    for (const [index, bound] of defaultBuckets.entries()) {
      const most = bound * 1e9 + this.#resolution;
      let least = this.#upTo[index]!;
      let highest = least + count - this.#counted;
      for (let middle = highest; least < highest; middle = Math.ceil((least + highest) / 2)) {
        if (this.#all.percentile((100 * middle) / count) <= most) least = middle;
        else highest = middle - 1;
      }
      this.#upTo[index] = least;
    }
    this.#counted = count;
    // Timers may expire early by less than a millisecond, and a sum must not fall.
    this.#sum = Math.max(this.#sum, (count * (mean - this.#resolution)) / 1e9);
  }
}
