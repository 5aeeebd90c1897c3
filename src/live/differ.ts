import { setImmediate } from 'node:timers/promises';
import { monotonicSeconds } from '../core/clock.ts';
import { labelsKey } from '../core/labels.ts';
import type { HistogramSeries, Labels, NumberSeries } from '../core/snapshot.ts';
import { type FlatFamily, type FlatSeries, flatten, type ShownFamily } from './flatten.ts';
import type { Frame, NewFamily } from './protocol.ts';

/** Every field has a default; the default is in the signature of the constructor. */
export interface DifferOptions {
  /** Most series at one time. A family that does not fit is left out whole. */
  readonly maxSeries?: number;
  /** Most families in the life of a stream. */
  readonly maxFamilies?: number;
  /** Longest run without giving the event loop a turn, in milliseconds. It finishes a family that it has begun. */
  readonly sliceMs?: number;
  /** Called if a family cannot be read. Readers keep what they know of it. */
  readonly failed?: (error: unknown) => void;
}

interface ToldSeries {
  readonly number: number;
  readonly labels: Labels;
  readonly key: string;
  readonly bounds: readonly number[] | undefined;
  /** Or a histogram's sum. */
  value: number;
  /** A copy; empty where it is no histogram. */
  readonly buckets: number[];
  /** When it was seen last; 0 for never. */
  moment: number;
}

interface ToldFamily {
  readonly place: number;
  readonly told: NewFamily;
  /** As they came last. */
  series: ToldSeries[];
  readonly byKey: Map<string, ToldSeries>;
  moment: number;
}

type Draft = {
  readonly [Field in 'families' | 'series' | 'values' | 'histograms' | 'gone']: NonNullable<Frame[Field]>[number][];
};

/** Finds what is new, changed or gone since the moment before, and makes a frame of it. */
export class Differ {
  /**
   * Seconds of processor time that the last `next` took of the event loop. Time in which another process had the processor is
   * left out: a busy machine does not make readings rarer.
   */
  busy = 0;
  readonly #limits: Required<DifferOptions>;
  readonly #families = new Map<string, ToldFamily>();
  #toldFamilies = 0;
  #nextNumber = 0;
  #present = 0;
  #moment = 0;
  /** Families that are left out, and how many series each needs. */
  readonly #left = new Map<string, number>();

  constructor({ maxSeries = 10_000, maxFamilies = 2_000, sliceMs = 2, failed = () => {} }: DifferOptions = {}) {
    this.#limits = { maxSeries, maxFamilies, sliceMs, failed };
  }

  /** The frame of the time `t`. Of families with the same name, the first one counts. Never call it twice at a time. */
  async next(t: number, families: readonly ShownFamily[]): Promise<Frame> {
    const draft: Draft = { families: [], series: [], values: [], histograms: [], gone: [] };
    const leftBefore = [...this.#left.keys()];
    this.#moment += 1;
    this.busy = 0;
    let turn = startOfTurn();
    const seen = new Set<string>();
    for (const live of families) {
      for (const family of flatten(live)) {
        if (seen.has(family.name)) continue;
        seen.add(family.name);
        this.#tell(family, draft);
      }
      if ((monotonicSeconds() - turn.seconds) * 1000 < this.#limits.sliceMs) continue;
      this.busy += spentSince(turn);
      await setImmediate();
      turn = startOfTurn();
    }
    for (const family of this.#families.values()) {
      if (family.moment !== this.#moment && family.byKey.size > 0) this.#forget(family, draft);
    }
    for (const name of this.#left.keys()) if (!seen.has(name)) this.#left.delete(name);
    const left = [...this.#left.keys()];
    this.busy += spentSince(turn);
    const isAsBefore = left.length === leftBefore.length && left.every((name, index) => name === leftBefore[index]);
    return {
      t,
      ...Object.fromEntries(Object.entries(draft).filter(([, list]) => list.length > 0)),
      ...(!isAsBefore && { left }),
    };
  }

  #tell(live: FlatFamily, draft: Draft): void {
    const { name } = live;
    const needs = this.#left.get(name);
    if (needs !== undefined && this.#present + needs > this.#limits.maxSeries) return;
    try {
      const family = this.#familyOf(live, draft);
      if (family === undefined) {
        this.#left.set(name, Infinity);
        return;
      }
      family.moment = this.#moment;
      const missing = this.#tellSeries(family, live.series, draft);
      if (missing === 0) {
        this.#left.delete(name);
        return;
      }
      this.#left.set(name, family.byKey.size + missing);
      this.#forget(family, draft);
    } catch (error) {
      this.#limits.failed(error);
    }
  }

  #familyOf({ name, type, help, unit, role }: FlatFamily, draft: Draft): ToldFamily | undefined {
    const known = this.#families.get(name);
    if (known !== undefined) {
      const { told } = known;
      if (told.type === type && told.help === help && told.unit === unit && told.role === role) return known;
    }
    if (this.#toldFamilies >= this.#limits.maxFamilies) return undefined;
    if (known !== undefined) this.#forget(known, draft);
    const told: NewFamily = {
      name,
      type,
      help,
      ...(unit !== undefined && { unit }),
      ...(role !== undefined && { role }),
    };
    const family = { place: this.#toldFamilies, told, series: [], byKey: new Map(), moment: 0 };
    this.#toldFamilies += 1;
    draft.families.push(told);
    this.#families.set(name, family);
    return family;
  }

  /** Returns how many series have no room. */
  #tellSeries(family: ToldFamily, given: Iterable<FlatSeries>, draft: Draft): number {
    const before = family.series;
    const now: ToldSeries[] = [];
    let missing = 0;
    for (const one of given) {
      // Series nearly always come in the order in which they came before: then nothing need be looked up.
      const expected = before[now.length];
      const series = expected !== undefined && isOf(expected, one) ? expected : this.#find(family, one, draft);
      if (series === undefined) {
        missing += 1;
        continue;
      }
      if (series.moment === this.#moment) continue; // twice in one reading
      const isNew = series.moment === 0;
      series.moment = this.#moment;
      now.push(series);
      if ('buckets' in one) tellHistogram(series, one, isNew, draft);
      else tellNumber(series, one, isNew, draft);
    }
    family.series = now;
    if (now.length === family.byKey.size) return missing;
    for (const series of family.byKey.values()) if (series.moment !== this.#moment) this.#end(family, series, draft);
    return missing;
  }

  /** Returns the known or new series; undefined if there is no room for it. */
  #find(family: ToldFamily, one: FlatSeries, draft: Draft): ToldSeries | undefined {
    const key = one.key ?? labelsKey(one.labels);
    const known = family.byKey.get(key);
    if (known !== undefined) {
      if (isOf(known, one)) return known;
      this.#end(family, known, draft); // its bounds are others
    }
    if (this.#present >= this.#limits.maxSeries) return undefined;
    const labels = { ...one.labels }; // the collector may change its object for the next series
    const bounds = 'buckets' in one ? one.bounds : undefined;
    const number = this.#nextNumber;
    const series = { number, labels, key, bounds, value: 0, buckets: [], moment: 0 };
    this.#nextNumber += 1;
    this.#present += 1;
    family.byKey.set(key, series);
    draft.series.push(bounds === undefined ? [number, family.place, labels] : [number, family.place, labels, bounds]);
    return series;
  }

  #end(family: ToldFamily, series: ToldSeries, draft: Draft): void {
    family.byKey.delete(series.key);
    this.#present -= 1;
    draft.gone.push(series.number);
  }

  #forget(family: ToldFamily, draft: Draft): void {
    for (const series of family.byKey.values()) this.#end(family, series, draft);
    family.series = [];
  }
}

interface Turn {
  readonly seconds: number;
  readonly processor: number;
}

function startOfTurn(): Turn {
  return { seconds: monotonicSeconds(), processor: processorSeconds() };
}

/** The processor time of the process has that of its other threads in it, so it may be more than the time that has passed. */
function spentSince({ seconds, processor }: Turn): number {
  return Math.min(monotonicSeconds() - seconds, processorSeconds() - processor);
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function tellNumber(series: ToldSeries, { value }: NumberSeries, isNew: boolean, draft: Draft): void {
  if (!isNew && !differ(series.value, value)) return;
  series.value = value;
  draft.values.push(series.number, value);
}

function tellHistogram(series: ToldSeries, { sum, buckets }: HistogramSeries, isNew: boolean, draft: Draft): void {
  const changed: [number, number, ...number[]] = [series.number, sum];
  for (let index = 0; index < buckets.length; index += 1) {
    const count = buckets[index]!;
    if (!isNew && !differ(series.buckets[index]!, count)) continue;
    series.buckets[index] = count;
    changed.push(index, count);
  }
  if (!isNew && changed.length === 2 && !differ(series.value, sum)) return;
  series.value = sum;
  draft.histograms.push(changed);
}

/** NaN does not differ from NaN, nor -0 from 0: neither does in JSON. */
function differ(before: number, now: number): boolean {
  return before !== now && !(Number.isNaN(before) && Number.isNaN(now));
}

function isOf({ key, labels, bounds }: ToldSeries, one: FlatSeries): boolean {
  // The key first, as labels may have to be made.
  return (
    (key === one.key || isSame(labels, one.labels)) &&
    ('buckets' in one ? haveSame(bounds, one.bounds) : bounds === undefined)
  );
}

function isSame(some: Labels, other: Labels): boolean {
  if (some === other) return true;
  let names = 0;
  for (const name in some) {
    if (some[name] !== other[name]) return false;
    names += 1;
  }
  for (const _ in other) names -= 1;
  return names === 0;
}

function haveSame(some: readonly number[] | undefined, other: readonly number[]): boolean {
  if (some === other) return true;
  return some?.length === other.length && some.every((bound, index) => bound === other[index]);
}
