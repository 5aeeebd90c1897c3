import { isOpenMetrics } from '../core/content-type.ts';
import type { LiveFamily } from '../core/snapshot.ts';
import { type Body, compressed } from './compressed.ts';
import type { Format } from './format.ts';
import { type Asked, named } from './names.ts';
import type { Offer } from './negotiate.ts';
import { render } from './render.ts';
import { Repetitions } from './repetitions.ts';
import type { ScrapeStats } from './scrape-stats.ts';
import { Turns } from './turns.ts';

/** What the families are collected for. */
interface Collected extends Asked {
  /** Whether they are written in OpenMetrics, where two families can share a name that they have in no other format. */
  readonly inOpenMetrics: boolean;
}

export interface ScrapeSource {
  /** The vocabularies that can be asked for; none by default. */
  readonly vocabularies?: readonly string[];
  /** Whether `?by=process` can be asked for; it cannot by default. */
  readonly hasProcesses?: boolean;
  /**
   * The families; they are read while they are written down. Others than those asked for may be left out. Each of the
   * vocabularies asked for is one of these.
   */
  collect(asked: Collected): readonly LiveFamily[] | Promise<readonly LiveFamily[]>;
  /** The formats that can be asked for; all by default. */
  readonly offer?: Offer;
  /** Scrapes share a rendering only if this is the same number for both. Always 0 by default. */
  readonly epoch?: () => number;
  /** Told of a scrape that failed and was answered with 500. */
  failed(error: unknown): void;
  readonly stats: ScrapeStats;
}

/** One who waits for a rendering: told once, never at once, of how it ended. */
export interface Waiter {
  readonly done: (body: Body) => void;
  readonly failed: (error: unknown) => void;
}

interface Rendering {
  readonly waiters: Set<Waiter>;
  readonly cancel: AbortController;
}

/**
 * The renderings under way. Who asks for a format while it is being rendered shares that rendering; once it is done
 * the next scrape starts anew, so nothing is ever older than the scrape that shares it is long.
 */
export class Renderings {
  readonly #source: ScrapeSource;
  readonly #underWay = new Map<string, Rendering>();
  readonly #turns = new Turns();
  readonly #repetitions = new Repetitions();

  constructor(source: ScrapeSource) {
    this.#source = source;
  }

  /** Returns how to leave: the waiter is told nothing then, and what was rendered for nobody else is given up. */
  join(format: Format, waiter: Waiter): () => void {
    const epoch = this.#source.epoch?.() ?? 0;
    const { encoding, coding, names, naming, by } = format;
    const key = JSON.stringify([encoding.contentType, coding, names, naming, by, epoch]);
    const rendering = this.#underWay.get(key) ?? this.#start(key, format);
    rendering.waiters.add(waiter);
    return () => {
      if (!rendering.waiters.delete(waiter) || rendering.waiters.size > 0) return;
      this.#remove(key, rendering);
      rendering.cancel.abort();
    };
  }

  #start(key: string, format: Format): Rendering {
    const rendering: Rendering = { waiters: new Set(), cancel: new AbortController() };
    this.#underWay.set(key, rendering);
    void this.#finish(key, rendering, format);
    return rendering;
  }

  /** Never rejects, and tells nobody before they have joined: there is an `await` first. */
  async #finish(key: string, rendering: Rendering, format: Format): Promise<void> {
    const tell = await this.#run(format, rendering.cancel.signal);
    this.#remove(key, rendering);
    const waiters = [...rendering.waiters];
    rendering.waiters.clear();
    for (const waiter of waiters) {
      try {
        tell(waiter);
      } catch (error) {
        // One response that others have broken must not cost the others theirs.
        this.#source.failed(error);
      }
    }
  }

  #remove(key: string, rendering: Rendering): void {
    // Given up, its format may be under way again for others.
    if (this.#underWay.get(key) === rendering) this.#underWay.delete(key);
  }

  /** Never rejects: says what to tell the waiters. */
  async #run(format: Format, signal: AbortSignal): Promise<(waiter: Waiter) => void> {
    try {
      const body = await this.#render(format, signal);
      return (waiter) => waiter.done(body);
    } catch (error) {
      // A rendering that was given up has nobody to tell, and did not fail.
      if (!signal.aborted) this.#source.failed(error);
      return (waiter) => waiter.failed(error);
    }
  }

  async #render(format: Format, signal: AbortSignal): Promise<Body> {
    const { encoding, names, naming, by, coding } = format;
    const { stats } = this.#source;
    let cause: keyof ScrapeStats['errors'] = 'gathering';
    try {
      const families = named(
        await this.#source.collect({ names, naming, by, inOpenMetrics: isOpenMetrics(encoding.contentType) }),
        names,
      );
      signal.throwIfAborted();
      cause = 'encoding';
      const turn = () => this.#turns.next();
      if (this.#underWay.size > 1) await turn();
      const repeated = this.#repetitions.take(format);
      const body = await compressed(render(families, repeated ?? encoding, { turn }), coding, signal);
      if (repeated !== undefined) this.#repetitions.giveBack(format, repeated);
      // A scrape of some families, of another vocabulary or by process says nothing about the size of the others' scrapes.
      if (names.length + naming.length + by.length === 0) stats.size = body.size;
      return body;
    } catch (error) {
      if (!signal.aborted) stats.errors[cause] += 1;
      throw error;
    }
  }
}
