import { occupiedNames } from './core/names.ts';
import type { Collector } from './core/registry.ts';
import type { LiveFamily } from './core/snapshot.ts';
import type { GaugeFamilies } from './core/user/gauge-reader.ts';
import { CallCollector } from './naming/call-collector.ts';
import type { ChosenVocabulary } from './naming/choice.ts';
import { type ProcessesNumbers, processesOf, withServiceStart } from './naming/own/processes.ts';
import type { Vocabulary } from './naming/vocabulary.ts';
import { SharedClient, SharedServer, type StoreShape } from './processes/call-sums.ts';
import { FamilySums } from './processes/family-sums.ts';
import { shelfKey } from './processes/layout.ts';
import { isLate, type Shelf } from './processes/shelf.ts';
import type { Faults } from './rpc/faults.ts';

/** What scrapes of several processes need, besides their books. */
export interface SharedInput {
  /** The books. Another shelf when the process moves to another generation. */
  readonly shelf: () => Shelf;
  readonly chosen: readonly ChosenVocabulary[];
  readonly vocabularies: readonly Vocabulary[];
  readonly server: StoreShape;
  readonly client: StoreShape & { readonly attempts: boolean };
  /** Whether scrapes have the metrics of the processes themselves. */
  readonly hasRuntime: boolean;
  /** Counts what goes wrong. */
  readonly faults: Faults;
  /** Whether there is one process only, so that nothing is said of several. By default there can be more. */
  readonly isAlone?: boolean;
  /** What else is in scrapes; nothing by default. */
  readonly more?: readonly Collector[];
}

/** The metrics of several processes as those of one. They are as new as the last `refresh` of the shelf. */
export class Shared {
  readonly calls: CallCollector;
  /** The metrics of each process, with the label `worker`. */
  readonly runtime: Collector;
  readonly #collectors: readonly Collector[];
  readonly #included: FamilySums['included'];
  readonly #report: (problem: string) => void;

  constructor({
    shelf,
    chosen,
    vocabularies,
    server,
    client,
    hasRuntime,
    faults,
    isAlone = false,
    more = [],
  }: SharedInput) {
    const sums = () => shelf().sums;
    const stores = { server: new SharedServer(server, sums), client: new SharedClient(client, sums), faults };
    const report = (problem: string) => faults.count('metric', problem, problem);
    const own = isAlone ? new FamilySums(sums, (labels) => labels) : new FamilySums(sums);
    this.calls = new CallCollector(chosen, stores, vocabularies);
    this.runtime = collector(() =>
      isAlone ? own.process() : withServiceStart(own.process(), shelf().retired.file.writer.created),
    );
    this.#included = (isFree) => own.included(isFree);
    this.#report = report;
    this.#collectors = [
      this.calls,
      collector(() => own.library()),
      ...(isAlone ? [] : [processesOf(() => numbersOf(shelf()))]),
      ...more,
      ...(hasRuntime ? [this.runtime] : []),
      collector(() => own.user(report)),
    ];
  }

  /** The metric besides calls that uses this sample name. */
  ownerOf(sample: string): string | undefined {
    const others = this.#collectors.filter((one) => one !== this.calls).flatMap((one) => [...one.collect()]);
    const all = [...others, ...this.#included(() => true)];
    return all.find(({ name, type }) => occupiedNames(name, type).includes(sample))?.name;
  }

  /** All families, as `Registry.live` returns those of one process. Of several, each reads its gauges with a function itself. */
  live(
    read = (one: Collector): Iterable<LiveFamily> => one.collect(),
    gauges: GaugeFamilies = new Map(),
  ): LiveFamily[] {
    const families = [...this.#collectors.flatMap((one) => [...read(one)]), ...gauges.values()];
    return [...families, ...this.#included(namesBeside(families, this.#report))];
  }
}

/** Says whether a metric of an included registry has names that nobody else has. */
export function namesBeside(
  families: readonly LiveFamily[],
  report: (problem: string) => void,
): (family: LiveFamily) => boolean {
  const taken = new Set(families.flatMap(({ name, type }) => occupiedNames(name, type)));
  return ({ name, type }) => {
    const names = occupiedNames(name, type);
    const shared = names.find((sample) => taken.has(sample));
    if (shared === undefined) for (const sample of names) taken.add(sample);
    else report(`"${name}" of an included registry is left out, as the name "${shared}" is in use in another process`);
    return shared === undefined;
  };
}

function collector(collect: () => LiveFamily[]): Collector {
  return { families: [], collect };
}

/** Processes that died without an orderly end. */
export function deathsOf(shelf: Shelf): number {
  const unfolded = shelf.processes.filter(({ life, file }) => life === 'dead' && !file.hasEnded).length;
  return (shelf.sums.get(shelfKey)?.parts.get('deaths')?.at(0) ?? 0) + unfolded;
}

function numbersOf(shelf: Shelf): ProcessesNumbers {
  const living = shelf.processes.filter(({ life }) => life !== 'dead');
  const late = living.filter((one) => isLate(one)).length;
  return {
    alive: living.length - late,
    late,
    deaths: deathsOf(shelf),
    oldestSeconds: Math.max(0, ...living.map(({ idleSeconds }) => idleSeconds)),
    bytes: shelf.bytes,
    unreadable: shelf.unreadable,
    since: shelf.retired.file.writer.created,
  };
}
