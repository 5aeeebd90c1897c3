import type { FaultCounter } from '../fault-counter.ts';
import { describeMissed, Readings } from '../readings.ts';
import type { LiveFamily } from '../snapshot.ts';
import { isPromise, type ReadGauge } from './read-gauge.ts';

/** The families of the gauges that could be read, by name. */
export type GaugeFamilies = ReadonlyMap<string, LiveFamily>;

/**
 * Reads gauges for a scrape: all at once, each on its own. A gauge whose `read` throws, hangs or returns no value is left
 * out, counted and warned of once, and costs no other metric.
 */
export class GaugeReader {
  readonly #faults: FaultCounter<'metric'>;
  readonly #readings = new Readings();

  constructor(faults: FaultCounter<'metric'>) {
    this.#faults = faults;
  }

  /** Waits for each gauge as long as it may take. Never rejects. */
  async read(gauges: readonly ReadGauge[]): Promise<GaugeFamilies> {
    const families = await Promise.all(gauges.map((gauge) => this.#readOne(gauge)));
    return byName(families);
  }

  /** Waits for nothing: without the gauges whose `read` is asynchronous. Never throws. */
  readNow(gauges: readonly ReadGauge[]): GaugeFamilies {
    return byName(gauges.map((gauge) => (gauge.isAsync ? undefined : this.#readOneNow(gauge))));
  }

  /** Ends all waiting that is under way. */
  giveUp(): void {
    this.#readings.giveUp();
  }

  async #readOne(gauge: ReadGauge): Promise<LiveFamily | undefined> {
    const { timeoutSeconds } = gauge;
    const { passed, clear } = this.#readings.wait(timeoutSeconds);
    try {
      const outcome = await this.#readings.ask(gauge, () => gauge.ask(), passed);
      if ('answer' in outcome) return gauge.familyOf(outcome.answer);
      const cause = 'error' in outcome ? outcome.error : describeMissed(outcome.missed, 'read()', timeoutSeconds);
      this.#faults.count('metric', cause, gauge.name);
    } catch (error) {
      this.#faults.count('metric', error, gauge.name);
    } finally {
      clear();
    }
    return undefined;
  }

  #readOneNow(gauge: ReadGauge): LiveFamily | undefined {
    try {
      const answer = gauge.ask();
      if (!isPromise(answer)) return gauge.familyOf(answer);
      // Nobody waits for it: a rejection must not end the process.
      Promise.resolve(answer).catch(() => {});
    } catch (error) {
      this.#faults.count('metric', error, gauge.name);
    }
    return undefined;
  }
}

function byName(families: readonly (LiveFamily | undefined)[]): GaugeFamilies {
  return new Map(families.flatMap((family) => (family === undefined ? [] : [[family.name, family] as const])));
}
