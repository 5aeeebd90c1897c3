import { ConstantLabels } from './core/constant-labels.ts';
import { copySeries } from './core/copy-family.ts';
import type { HistogramSeries, Labels, LiveFamily, NumberSeries, SummarySeries } from './core/snapshot.ts';
import { CallCollector } from './naming/call-collector.ts';
import { infoOfProcess, processesOf, processInfo } from './naming/own/processes.ts';
import { SharedClient, SharedServer } from './processes/call-sums.ts';
import { FamilySums } from './processes/family-sums.ts';
import { isLate, type KnownProcess } from './processes/shelf.ts';
import { type KnownBook, Sums } from './processes/sums.ts';
import { deathsOf, namesBeside, type SharedInput } from './shared.ts';

type Series = NumberSeries | HistogramSeries | SummarySeries;

/** What a scrape asks for, and what the scrape of the sums is made of. */
export interface AskedByProcess {
  /** Vocabularies, as of `CallCollector.readerOf`. */
  readonly naming: readonly string[];
  /** The user of a sample name. */
  readonly ownerOf: (sample: string) => string | undefined;
  /** The families of the sums: those of the processes have the same names, types and order. */
  readonly sums: readonly LiveFamily[];
}

/** The value of `worker` for what processes counted that live no more. */
const retired = 'retired';

/**
 * The metrics of each living process, with the label `worker`, as new as the last `refresh` of the shelf. What the dead have
 * counted is one more, so that counters and histograms add up to the sums. A label `worker` of the user's becomes
 * `exported_worker`, as Prometheus itself does it.
 */
export function familiesByProcess(input: SharedInput, { naming, ownerOf, sums }: AskedByProcess): LiveFamily[] {
  const shelf = input.shelf();
  const living = shelf.processes.filter(({ worker }) => worker !== undefined);
  const others = shelf.processes.filter(({ worker }) => worker === undefined);
  const parts = living.map((process) => {
    const own = processOwn(process);
    return byName(labelled(familiesIn([process], input, { naming, ownerOf }, own), String(process.worker)));
  });
  if (others.length > 0 || shelf.retired.number > 0) {
    const dead = [{ file: shelf.retired.file, worker: undefined }, ...others];
    const own = processesOf(() => ({ deaths: deathsOf(shelf) })).collect();
    const counted = [...familiesIn(dead, input, { naming, ownerOf }, [...own])].filter(isCounted);
    parts.push(byName(labelled(counted, retired)));
  }
  const known = new Set(sums.map(({ name }) => name));
  const more = new FamilySums(() => shelf.sums)
    .process()
    .filter(({ name }) => !known.has(name) && ownerOf(name) === undefined);
  return [...sums, ...more, processInfo].map((head) => ({
    ...head,
    series: joined(parts.flatMap((families) => families.get(head.name) ?? []).filter(({ type }) => type === head.type)),
  }));
}

/** All families of some books; `own` is what is known of their processes. */
function familiesIn(
  books: readonly KnownBook[],
  { shelf, chosen, vocabularies, server, client, faults }: SharedInput,
  { naming, ownerOf }: Pick<AskedByProcess, 'naming' | 'ownerOf'>,
  own: readonly LiveFamily[],
): LiveFamily[] {
  // As in the sums: what has no room there is under `other` here, too.
  const sums = new Sums(shelf().limits.snapshot());
  sums.add(books);
  const stores = { server: new SharedServer(server, () => sums), client: new SharedClient(client, () => sums), faults };
  const calls = new CallCollector(chosen, stores, vocabularies);
  const read = calls.readerOf(naming, ownerOf);
  const families = new FamilySums(
    () => sums,
    (labels) => labels,
  );
  const all = [
    ...(read === undefined ? calls.collect() : read(calls)),
    ...families.library(),
    ...own,
    ...families.process(),
    // The scrape of the sums has reported what is wrong with them.
    ...families.user(() => {}),
  ];
  return [...all, ...families.included(namesBeside(all, () => {}))];
}

/** What is known of one living process beside its numbers. */
function processOwn(process: KnownProcess): LiveFamily[] {
  const { file, idleSeconds } = process;
  const late = Number(isLate(process));
  const numbers = { alive: 1 - late, late, oldestSeconds: idleSeconds, bytes: file.bytes };
  return [...processesOf(() => numbers).collect(), infoOfProcess(file.writer)];
}

/** Whether the dead can have it. */
function isCounted({ type }: LiveFamily): boolean {
  return type === 'counter' || type === 'histogram';
}

function labelled(families: readonly LiveFamily[], worker: string): LiveFamily[] {
  const renamed = families.map((family) => ({ ...family, series: withoutWorker(family.series) }));
  return new ConstantLabels({ worker }).addTo(renamed);
}

/** The series with a label `worker` of the user's under another name. */
function* withoutWorker(all: Iterable<Series>): Generator<Series, void> {
  for (const series of all) {
    const isFree = series.key?.includes('worker="') === false || series.labels.worker === undefined;
    if (isFree) yield series;
    else {
      const { worker = '', ...labels } = series.labels;
      yield { ...copySeries(series), labels: { ...labels, [freeName(labels)]: worker } };
    }
  }
}

/** As Prometheus does it: one that has such a label, too, has it twice exported. */
function freeName(labels: Labels): string {
  let name = 'exported_worker';
  while (Object.hasOwn(labels, name)) name = `exported_${name}`;
  return name;
}

function byName(families: readonly LiveFamily[]): ReadonlyMap<string, LiveFamily> {
  return new Map(families.map((family) => [family.name, family]));
}

function* joined(families: readonly LiveFamily[]): Generator<Series, void> {
  for (const { series } of families) yield* series;
}
