import { labelsKey } from '../core/labels.ts';
import type { Collector } from '../core/registry.ts';
import type { HistogramSeries, LiveFamily, NumberSeries } from '../core/snapshot.ts';
import type { Book } from './book.ts';
import type { Rule } from './layout.ts';
import { EntityRows } from './rows.ts';
import type { Source } from './source.ts';

/** What the library says of itself (`library`), and what a process says of itself alone (`process`). */
export interface OwnCollectors {
  readonly library: readonly Collector[];
  readonly process: readonly Collector[];
  /** How the values of the library's gauges become one, by name. By default the largest counts. */
  readonly rules: ReadonlyMap<string, Rule>;
}

/** Writes what the library and the process say of themselves, once in each sweep. */
export class OwnRows implements Source {
  readonly #collectors: OwnCollectors;
  #entities = new Map<string, EntityRows>();

  constructor(collectors: OwnCollectors) {
    this.#collectors = collectors;
  }

  restart(): () => void {
    const before = this.#entities;
    this.#entities = new Map();
    return () => {
      this.#entities = before;
    };
  }

  write(): void {
    // All of it is written by sweeps.
  }

  sweep(book: Book): void {
    const { library, process, rules } = this.#collectors;
    for (const collector of library) {
      for (const family of collector.collect()) this.#put(book, 'library', ruleOf(family, rules), family);
    }
    for (const collector of process) {
      for (const family of collector.collect()) this.#put(book, 'process', 'each', family);
    }
  }

  #put(book: Book, kind: string, rule: Rule, { name, type, help, series }: LiveFamily): void {
    const rows = this.#entity(book, kind, name, type, help);
    for (const one of series as Iterable<NumberSeries | HistogramSeries>) {
      const part = labelsKey(one.labels); // the library has no summaries
      if ('buckets' in one) rows.putHistogram(part, rule, one, undefined);
      else rows.put(part, rule, [one.value]);
    }
  }

  #entity(book: Book, kind: string, name: string, type: string, help: string): EntityRows {
    let rows = this.#entities.get(name);
    if (rows === undefined) {
      rows = new EntityRows(book, [kind, name, type], { help });
      this.#entities.set(name, rows);
    }
    return rows;
  }
}

/** A gauge of the library says what is so in some process, as `grpc_service_info` does. */
function ruleOf({ name, type }: LiveFamily, rules: ReadonlyMap<string, Rule>): Rule {
  return type === 'gauge' ? (rules.get(name) ?? 'max') : 'sum';
}
