import { growth } from '../core/growth.ts';
import type { Labels } from '../core/snapshot.ts';
import type { Frame, Hello, NewFamily, NewSeries, Role } from '../live/protocol.ts';

/** How long the past is kept, in seconds: what charts show, and the longest window before it. */
const kept = 900;

/** Frames are never so far apart, in seconds, also while nobody looks: nobody knows what was when. */
const longestSilence = 45;

/** Times that are dropped at once. */
const batch = 30;

/** What clocks of machines may differ by, in seconds. */
const clockError = 5;

/**
 * What a series said at a moment. Gauges as they were, null where there was nothing; counters and histograms as what they have
 * grown by since they were first seen. A histogram is its buckets, not cumulative, and its sum.
 */
type Value = number | null | undefined | readonly number[];

export interface Series {
  readonly family: NewFamily;
  readonly labels: Labels;
  /** Of a histogram. */
  readonly bounds: readonly number[] | undefined;
  /** One for each of the model's times; undefined before it was there. */
  readonly values: readonly Value[];
  /** As the service told it last: of a histogram its buckets and its sum. */
  readonly told: number | null | readonly number[];
}

interface Told extends Series {
  readonly values: Value[];
  told: number | null | number[];
  /** As it was told when it was last counted. */
  counted: number | readonly number[] | undefined;
  now: Value;
  changed: boolean;
  here: boolean;
  /** Whether it was here at the last of the times. */
  was: boolean;
}

/** The last minutes of everything, put together from the stream's frames, across reconnections and restarts of the service. */
export class Model {
  hello: Hello | undefined;
  /** Seconds since 1970, increasing. */
  readonly times: number[] = [];
  /** Of each time: whether it stands for one of which nothing is known: between two runs of the service, or where nothing was told. */
  readonly gaps: boolean[] = [];
  /** How many times were dropped, being too old: what is added to the place of a time stays the same for good. */
  dropped = 0;
  /** Seconds of the past that are kept beyond what can be shown. */
  extra = 0;
  /** Changes whenever a series comes or goes, or another run may call them otherwise. */
  version = 0;
  /** Names of families that the stream has no room for. */
  left: readonly string[] = [];
  readonly #series = new Map<string, Told>();
  readonly #byFamily = new Map<string, Told[]>();
  #families: NewFamily[] = [];
  /** By the stream's numbers. */
  readonly #told = new Map<number, Told>();
  #isNewRun = false;
  readonly #maxNumbers: number;
  /** What each of the times has added, in numbers, and all of them together. */
  readonly #costs: number[] = [];
  #numbers = 0;

  /** Where the past would be more than so many numbers, of 11 bytes each, less of it is kept. */
  constructor(maxNumbers = 20_000_000) {
    this.#maxNumbers = maxNumbers;
  }

  /** The series of a family, if it is known. */
  of(name: string | undefined): readonly Series[] {
    return this.#byFamily.get(name!) ?? [];
  }

  /** The name of the family with a role; undefined where there is none. */
  nameOf(role: Role): string | undefined {
    for (const [name, [first]] of this.#byFamily) if (first!.family.role === role) return name;
    return undefined;
  }

  /** The series of the family with a role. */
  withRole(role: Role): readonly Series[] {
    return this.of(this.nameOf(role));
  }

  families(): NewFamily[] {
    return Array.from(this.#byFamily.values(), ([first]) => first!.family);
  }

  /** A stream begins: it tells everything, and what is remembered, again. */
  begin(hello: Hello): void {
    const isAnother = this.hello !== undefined && this.hello.run !== hello.run;
    if (isAnother) this.version += 1;
    this.#isNewRun ||= isAnother;
    this.hello = hello;
    this.#families = [];
    this.#told.clear();
    this.left = [];
    for (const series of this.#series.values()) {
      series.here = false;
      if (this.#isNewRun) series.counted = undefined;
    }
  }

  /** Moments that are known already are only read along. */
  read(frame: Frame): void {
    for (const family of frame.families ?? []) this.#meet(family);
    const gone = new Set(frame.gone);
    for (const number of gone) this.#end(number);
    // A series that is new and gone in one frame has nothing to show.
    for (const told of frame.series ?? []) if (!gone.has(told[0])) this.#told.set(told[0], this.#tell(told));
    const { values = [] } = frame;
    for (let at = 0; at < values.length; at += 2) {
      const series = this.#told.get(values[at]!);
      if (series === undefined) continue; // gone in this frame
      series.told = values[at + 1]!;
      series.changed = true;
    }
    for (const [number, sum, ...buckets] of frame.histograms ?? []) {
      const series = this.#told.get(number);
      if (series === undefined) continue; // likewise
      const told = series.told as number[]; // of a histogram
      for (let at = 0; at < buckets.length; at += 2) told[buckets[at]!] = buckets[at + 1]!;
      told[told.length - 1] = sum ?? 0;
      series.changed = true;
    }
    this.#add(frame.t);
    this.left = frame.left ?? this.left;
  }

  #meet(family: NewFamily): void {
    this.#families.push(family);
    const known = this.#byFamily.get(family.name);
    if (known === undefined || isSame(known[0]!.family, family)) return;
    // Its numbers mean something else now.
    this.#byFamily.delete(family.name);
    for (const [key, series] of this.#series) if (series.family.name === family.name) this.#series.delete(key);
    this.version += 1;
  }

  #end(number: number): void {
    const series = this.#told.get(number);
    if (series !== undefined) series.here = false;
    this.#told.delete(number);
  }

  #tell([, place, labels, bounds]: NewSeries): Told {
    const family = this.#families[place]!;
    const key = JSON.stringify([
      family.name,
      Object.keys(labels)
        .sort()
        .map((label) => [label, labels[label]]),
      bounds,
    ]);
    let series = this.#series.get(key);
    if (series === undefined) {
      const values = this.times.map(() => undefined);
      series = {
        family,
        labels,
        bounds,
        values,
        told: 0,
        counted: undefined,
        now: null,
        changed: true,
        here: true,
        was: false,
      };
      this.#know(key, series);
    }
    series.told = bounds ? Array<number>(bounds.length + 2).fill(0) : 0;
    series.here = series.changed = true;
    return series;
  }

  #know(key: string, series: Told): void {
    this.#series.set(key, series);
    const { name } = series.family;
    const known = this.#byFamily.get(name);
    if (known === undefined) this.#byFamily.set(name, [series]);
    else known.push(series);
    this.version += 1;
  }

  #add(t: number): void {
    const { now } = this.hello!;
    let last = this.times.at(-1);
    // A clock that was put back: what was before has no place on it.
    if (this.#isNewRun && last !== undefined && now < last - clockError) this.#drop(this.times.length);
    last = this.times.at(-1);
    if (last !== undefined && t <= last) {
      // What another run did at times that are known of the one before is not shown.
      if (this.#isNewRun) for (const series of this.#series.values()) if (series.changed) count(series, true);
      return;
    }
    if (last !== undefined && (this.#isNewRun || t - last > longestSilence)) this.#push(last + 0.001, true);
    this.#isNewRun = false;
    for (const [name, all] of this.#byFamily) {
      // Calls are told from their first one on, where there is room; what else is new may have been there, unseen.
      const isTold = isOfCalls(all[0]!.family) && !this.left.includes(name);
      const isFirst = last === undefined || (!isTold && !all.some(({ was }) => was));
      for (const series of all) if (series.changed) count(series, isFirst);
    }
    this.#push(t, false);
    const first = t - kept - this.extra;
    if (this.times[0]! < first - batch) this.#drop(this.times.findIndex((time) => time >= first));
    while (this.#numbers > this.#maxNumbers && this.times.length > 2 * batch) this.#drop(batch);
  }

  #push(t: number, isGap: boolean): void {
    this.times.push(t);
    this.gaps.push(isGap);
    let cost = this.#series.size;
    for (const all of this.#byFamily.values()) {
      // What has grown has grown for good. But while a whole family is not told, nobody knows whether it grows.
      const isTold = isOfCalls(all[0]!.family) || all.some(({ here }) => here);
      for (const series of all) {
        if (Array.isArray(series.now) && series.now !== series.values.at(-1)) cost += series.now.length;
        series.was = series.here;
        series.values.push(isTold && !(isGauge(series) && (isGap || !series.here)) ? series.now : null);
      }
    }
    this.#costs.push(cost);
    this.#numbers += cost;
  }

  #drop(many: number): void {
    for (const cost of this.#costs.splice(0, many)) this.#numbers -= cost;
    this.dropped += many;
    this.times.splice(0, many);
    this.gaps.splice(0, many);
    for (const [key, series] of this.#series) {
      series.values.splice(0, many);
      const { name } = series.family;
      const isPast = (value: Value) => value != null && (isGauge(series) || value !== series.now);
      if (series.here || series.values.some(isPast)) continue;
      this.#series.delete(key);
      const rest = this.#byFamily.get(name)!.filter((other) => other !== series);
      if (rest.length === 0) this.#byFamily.delete(name);
      else this.#byFamily.set(name, rest);
      this.version += 1;
    }
  }
}

function isSame(known: NewFamily, { type, role }: NewFamily): boolean {
  return known.type === type && known.role === role;
}

/** Whether a family counts calls: those are told from the first one on. */
export function isOfCalls({ role }: Pick<NewFamily, 'role'>): boolean {
  return role !== undefined && /^(server|client)\./.test(role);
}

function isGauge({ family, bounds }: Series): boolean {
  return bounds === undefined && family.type !== 'counter';
}

/** Adds what it has grown by, as Prometheus's `increase` does: what is less than before has begun at 0 again. */
function count(series: Told, isFirst: boolean): void {
  const { told, counted, now } = series;
  series.changed = false;
  if (isGauge(series)) series.now = told as number | null;
  else if (Array.isArray(told)) {
    const [before, sum] = [counted as number[] | undefined, now as number[] | null];
    series.now = told.map((value, at) => (sum?.[at] ?? 0) + (isFirst ? 0 : growth(before?.[at] ?? 0, value)));
    series.counted = [...told];
  } else if (told !== null) {
    series.now = ((now as number | null) ?? 0) + (isFirst ? 0 : growth((counted as number | undefined) ?? 0, told));
    series.counted = told;
  }
}
