import { formatAge, formatSeconds } from '../../core/seconds.ts';
import { replaceSteering } from '../steering.ts';
import type { ProcessRow } from './processes.ts';
import { cutStart, formatCount, formatRate, formatRatio, shorten } from './table.ts';

interface Column {
  readonly title: string;
  readonly text: (row: ProcessRow) => string | null;
  readonly isLeft?: boolean;
}

/** A target is not shown wider than this. */
const widestTarget = 40;

/** In the order of the table. */
const columns = {
  worker: { title: 'WORKER', text: ({ worker }) => worker, isLeft: true },
  target: { title: 'TARGET', text: ({ target }) => cutStart(shorten(target), widestTarget), isLeft: true },
  pid: { title: 'PID', text: ({ pid }) => pid },
  up: { title: 'UP', text: ({ upSeconds }) => written(upSeconds, formatAge) },
  rate: { title: 'RATE/s', text: ({ ratePerSecond }) => written(ratePerSecond, formatRate) },
  inFlight: { title: 'IN FLIGHT', text: ({ inFlight }) => written(inFlight, formatCount) },
  connections: { title: 'CONNECTIONS', text: ({ connections }) => written(connections, formatCount) },
  cpu: { title: 'CPU', text: ({ cpuRatio }) => written(cpuRatio, formatRatio) },
  delay: { title: 'LOOP DELAY', text: ({ loopDelaySeconds }) => written(loopDelaySeconds, formatSeconds) },
  memory: {
    title: 'MEMORY',
    text: ({ memoryBytes }) => written(memoryBytes, (bytes) => `${(bytes / 1e6).toFixed(1)}MB`),
  },
  state: { title: 'STATE', text: ({ state }) => state },
} satisfies Record<string, Column>;

/** What goes where the width is not enough, the first first. */
const leastImportant: readonly (keyof typeof columns)[] = ['up', 'inFlight', 'memory', 'delay', 'target', 'cpu', 'pid'];

const gap = '  ';

/** The processes as lines, a head first. Columns go until the width is enough. */
export function formatProcesses(
  rows: readonly ProcessRow[],
  {
    columns: width = Infinity,
    color = false,
  }: { readonly columns?: number | undefined; readonly color?: boolean | undefined } = {},
): string[] {
  const left = new Set<string>(new Set(rows.map(({ target }) => target)).size > 1 ? [] : ['target']);
  let lines = draw(rows, left);
  for (const column of leastImportant) {
    if ((lines[0]?.length ?? 0) <= width) break;
    left.add(column);
    lines = draw(rows, left);
  }
  return lines.map((line, index) => paint(line.slice(0, width).trimEnd(), rows[index - 1], color));
}

function draw(rows: readonly ProcessRow[], left: ReadonlySet<string>): string[] {
  const chosen: Column[] = Object.entries(columns).flatMap(([name, column]) => (left.has(name) ? [] : [column]));
  const cells = [
    chosen.map(({ title }) => title),
    ...rows.map((row) => chosen.map(({ text }) => replaceSteering(text(row) ?? '-'))),
  ];
  const widths = chosen.map((_, index) => Math.max(...cells.map((line) => line[index]!.length)));
  return cells.map((line) =>
    line
      .map((cell, index) => (chosen[index]!.isLeft ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!)))
      .join(gap),
  );
}

function written(value: number | null, write: (value: number) => string): string | null {
  return value === null ? null : write(value);
}

/** The head is bold, a process that is late is red. */
function paint(line: string, row: ProcessRow | undefined, color: boolean): string {
  if (!color) return line;
  if (row === undefined) return `\u001B[1m${line}\u001B[m`;
  return row.state === 'late' ? `\u001B[31m${line}\u001B[m` : line;
}
