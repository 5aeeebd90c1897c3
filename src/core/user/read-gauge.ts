import { brief } from '../printable.ts';
import type { LiveFamily } from '../snapshot.ts';
import type { FamilyLimits } from './family.ts';
import { LiveNumber, readAll } from './live-series.ts';
import type { LabelValues, SeriesKeys } from './series-keys.ts';

/** One value that `read` of a gauge with labels returns. */
export interface LabeledValue<Name extends string> {
  readonly labels: LabelValues<Name>;
  readonly value: number;
}

export interface ReadGaugeOptions {
  readonly name: string;
  readonly help: string;
  /** Undefined for a gauge without labels. */
  readonly keys: SeriesKeys<string> | undefined;
  readonly limits: FamilyLimits;
  readonly timeoutSeconds: number;
}

/** A gauge whose values a function of the user returns, each time that they are asked for. */
export class ReadGauge {
  readonly name: string;
  readonly timeoutSeconds: number;
  /** The function of the last declaration: a module that is loaded again has a new one. */
  read: () => unknown;
  /** Whether `read` returned a promise when it was last called. */
  isAsync = false;
  readonly #options: ReadGaugeOptions;

  constructor(options: ReadGaugeOptions, read: () => unknown) {
    this.name = options.name;
    this.timeoutSeconds = options.timeoutSeconds;
    this.read = read;
    this.#options = options;
  }

  /** Calls `read`, and notes whether it returns a promise. */
  ask(): unknown {
    const answer = this.read();
    this.isAsync = isPromise(answer);
    return answer;
  }

  /** The family with the values that `read` returned; undefined where they are no values, which is counted. */
  familyOf(answer: unknown): LiveFamily | undefined {
    const { name, help, keys, limits } = this.#options;
    if (keys !== undefined && isIterable(answer)) {
      const values = this.#valuesOf(answer, keys);
      const series = readAll(values, new LiveNumber(keys), (live, value) => {
        live.value = value;
      });
      return { name, help, type: 'gauge', series };
    }
    if (keys === undefined && typeof answer === 'number') {
      return { name, help, type: 'gauge', series: [{ labels: {}, key: '', value: answer }] };
    }
    const right = keys === undefined ? 'a number' : 'an array of { labels, value }';
    limits.reject(`read() returned ${brief(answer)}, not ${right}: left out`);
    return undefined;
  }

  /** The values by the keys of their series. */
  #valuesOf(answer: Iterable<unknown>, keys: SeriesKeys<string>): Map<string, number> {
    const { maxSeries, folded, reject } = this.#options.limits;
    const values = new Map<string, number>();
    for (const item of answer) {
      const { labels, value } = (item ?? {}) as Partial<LabeledValue<string>>; // as JavaScript may return it
      const key = typeof value === 'number' ? keys.keyOf(labels ?? {}, reject) : undefined;
      if (typeof value !== 'number') reject(`read() returned the value ${brief(value)}, not a number: left out`);
      if (key === undefined || value === undefined) continue;
      if (values.has(key)) reject(`read() returned {${key}} more than once: the first one counts`);
      else if (values.size < maxSeries) values.set(key, value);
      else {
        folded();
        values.set(keys.others, (values.get(keys.others) ?? 0) + value);
      }
    }
    return values;
  }
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
