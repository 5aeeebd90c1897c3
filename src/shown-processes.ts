import { copySeries } from './core/copy-family.ts';
import type { HistogramSeries, LiveFamily, NumberSeries, SummarySeries } from './core/snapshot.ts';
import type { ShownFamily } from './live/flatten.ts';
import type { ProcessRole } from './live/protocol.ts';
import { nodeNames } from './naming/own/node.ts';
import { processNames } from './naming/own/process.ts';
import type { ShownRuntime } from './own-runtime.ts';
import { CallsOfBooks } from './processes/calls-of-books.ts';
import { FamilySums } from './processes/family-sums.ts';
import { isLate, type Shelf } from './processes/shelf.ts';

type AnySeries = NumberSeries | HistogramSeries | SummarySeries;

/** What is shown of what each process says of itself. */
const ofRuntime: readonly string[] = [
  processNames.startTime,
  processNames.cpu,
  processNames.residentMemory,
  nodeNames.loopDelayMax,
];

/**
 * The processes of a service as the live page shows them, as new as the last `refresh` of the shelf: each is a worker. One that is alone
 * shows more of itself.
 */
export function shownProcesses(shelf: () => Shelf, alone: ShownRuntime): ShownRuntime {
  const sides = (['server', 'client'] as const).map((side) => [side, new CallsOfBooks(side)] as const);
  const read = (): readonly ShownFamily[] => {
    const series: Record<ProcessRole, NumberSeries[]> = { late: [], calls: [], inFlight: [], connections: [] };
    for (const one of shelf().processes) {
      const { file, worker } = one;
      if (worker === undefined) continue;
      const labels = labelsOf({}, worker);
      series.late.push({ labels: { ...labels, pid: String(file.writer.pid) }, value: Number(isLate(one)) });
      for (const [side, books] of sides) {
        const { ended, inFlight, connections } = books.of(file);
        series.calls.push({ labels: { ...labels, side }, value: ended });
        series.inFlight.push({ labels: { ...labels, side }, value: inFlight });
        series.connections.push({ labels: { ...labels, side }, value: connections });
      }
    }
    const families = Object.entries(series) as [ProcessRole, NumberSeries[]][]; // a record has the keys of its type
    return families.map(([role, all]) => ({
      // No metric has such a name.
      name: `processes.${role}`,
      role: `processes.${role}`,
      type: role === 'calls' ? 'counter' : 'gauge',
      help: '',
      series: all,
    }));
  };
  const own = new FamilySums(() => shelf().sums, labelsOf);
  const isAlone = () => shelf().processes.filter(({ worker }) => worker !== undefined).length <= 1;
  return {
    families: alone.families,
    collect: () =>
      isAlone()
        ? alone.collect().map((family) => ({ ...family, series: withPid(family.series) }))
        : [...own.process().filter(({ name }) => ofRuntime.includes(name)), ...read()],
    start: () => alone.start(),
    watch: () => alone.watch(),
  };
}

/** Another process that is alone later has counters of its own. */
function* withPid(all: LiveFamily['series']): Generator<AnySeries, void> {
  for (const one of all) {
    const { labels } = one;
    yield { ...copySeries(one), labels: { ...labels, pid: String(process.pid) } };
  }
}

/** The page shows the value as it is. */
function labelsOf(labels: Readonly<Record<string, string>>, worker: number): Record<string, string> {
  return { ...labels, worker: `worker ${worker}` };
}
