import { formatSeconds } from '../../core/seconds.ts';
import { replaceSteering } from '../steering.ts';
import type { Row } from './rows.ts';
import { sparkline } from './sparkline.ts';

/** What the table has room for. Every field has a default; the default is in the signature of `formatTable`. */
export interface TableOptions {
  /** Width in characters. */
  readonly columns?: number | undefined;
  readonly color?: boolean | undefined;
  /** The rates of each row over time, the latest last; without them there is no such column. */
  readonly history?: ((row: Row) => readonly number[]) | undefined;
}

interface Column {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** The lowest goes first where the width is not enough; without one it always stays. */
  readonly priority?: number;
  /** Text from the left, cut at its beginning where it is too long. */
  readonly isName?: boolean;
}

const historyWidth = 20;
/** A name is not cut further than to this; columns go instead. */
const narrowestName = 16;
/** Names without a limit: an endpoint may send one of megabytes. */
const widestName = 1000;
const gap = '  ';

/**
 * The rows as lines, a head first, no wider than `columns`.
 *
 * Counts one column for each UTF-16 unit. That is right for ASCII, of which the names of gRPC methods are. In a line with
 * wider or narrower characters the columns to their right move.
 */
export function formatTable(
  rows: readonly Row[],
  { columns = Infinity, color = false, history }: TableOptions = {},
): string[] {
  const wide = columnsOf(rows, history, historyWidth);
  // The part of the history that is still empty goes before a name is cut.
  const recorded = Math.max(...rows.slice(0, 1000).map((row) => history?.(row).length ?? 0), 0);
  const isWide = recorded >= historyWidth || neededWidth(measure(wide, rows), Infinity) <= columns;
  const chosen = fit(isWide ? wide : columnsOf(rows, history, recorded), rows, columns);
  const cells = [chosen.map(({ title }) => title), ...rows.map((row) => chosen.map(({ text }) => text(row)))];
  const widths = shrink(
    chosen.map((_column, index) => widthOfAll(cells.map((line) => line[index]!))),
    chosen.map(({ isName = false }) => isName),
    columns - gap.length * (chosen.length - 1),
  );
  const lines = cells.map((line) => {
    const padded = line.map((cell, index) => {
      const width = widths[index]!;
      return chosen[index]!.isName ? cutStart(cell, width).padEnd(width) : cell.padStart(width);
    });
    return padded.join(gap).slice(0, columns).trimEnd();
  });
  return color ? lines.map((line, index) => paint(line, index === 0 ? undefined : rows[index - 1])) : lines;
}

/** The end of a text, which says more than its beginning where it is a path. Never half of a character. */
export function cutStart(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1).replace(/^[\uDC00-\uDFFF]/, '')}`;
}

/** The widths with those of names made smaller, the longest first, until all have room. */
function shrink(widths: readonly number[], isName: readonly boolean[], room: number): number[] {
  const shrunk = [...widths];
  for (let over = shrunk.reduce((sum, width) => sum + width, 0) - room; over > 0; over -= 1) {
    const longest = Math.max(...shrunk.filter((_width, index) => isName[index]));
    if (longest <= 1) break;
    shrunk[shrunk.findLastIndex((width, index) => isName[index] && width === longest)]! -= 1;
  }
  return shrunk;
}

function columnsOf(rows: readonly Row[], history: TableOptions['history'], width: number): Column[] {
  const duration = (read: (row: Row) => number | null) => (row: Row) => {
    const seconds = read(row);
    return seconds === null ? '-' : formatSeconds(seconds);
  };
  const columns: (Column | false)[] = [
    { title: 'METHOD', text: ({ method }) => replaceSteering(cutStart(method, widestName)), isName: true },
    rows.some(({ side }) => side === 'client') && { title: 'SIDE', text: ({ side }) => side },
    rows.some(({ target }) => target !== undefined) && {
      title: 'TARGET',
      text: ({ target = '' }) => shorten(target),
      isName: true,
    },
    { title: 'RATE/s', text: ({ ratePerSecond }) => (ratePerSecond === null ? '-' : formatRate(ratePerSecond)) },
    rows.some(({ side }) => side === 'server') && {
      title: 'FAULTS',
      text: ({ faultRatio }) => formatRatio(faultRatio),
      priority: 5,
    },
    { title: 'ERRORS', text: ({ errorRatio }) => formatRatio(errorRatio), priority: 6 },
    { title: 'P50', text: duration(({ p50 }) => p50), priority: 1 },
    { title: 'P95', text: duration(({ p95 }) => p95), priority: 4 },
    { title: 'P99', text: duration(({ p99 }) => p99), priority: 3 },
    { title: 'IN FLIGHT', text: ({ inFlight }) => (inFlight === null ? '-' : formatCount(inFlight)), priority: 2 },
    history !== undefined && {
      title: width < historyWidth ? 'TREND' : 'RATE OVER TIME'.padEnd(historyWidth),
      text: (row) => sparkline(history(row), width),
      priority: 0,
    },
  ];
  return columns.filter((column) => column !== false);
}

/** The columns that there is room for. While a name is cut, there is no history and no column that is empty. */
function fit(columns: readonly Column[], rows: readonly Row[], width: number): readonly Column[] {
  const chosen = measure(columns, rows).sort((a, b) => priorityOf(a.column) - priorityOf(b.column));
  /** Leaves out what is least important, as long as names of at most this width have no room. */
  const leaveOut = (nameWidth: number, may: (measured: Measured) => boolean) => {
    for (;;) {
      const index = chosen.findIndex(may);
      if (index === -1 || neededWidth(chosen, nameWidth) <= width) return;
      chosen.splice(index, 1);
    }
  };
  leaveOut(Infinity, ({ column, isEmpty }) => column.priority === 0 || (isEmpty && column.priority !== undefined));
  leaveOut(narrowestName, ({ column }) => column.priority !== undefined);
  return columns.filter((column) => chosen.some((one) => one.column === column));
}

interface Measured {
  readonly column: Column;
  /** Whether no row has a value. */
  readonly isEmpty: boolean;
  readonly width: number;
}

function measure(columns: readonly Column[], rows: readonly Row[]): Measured[] {
  return columns.map((column) => {
    const texts = rows.map(column.text);
    const isEmpty = rows.length > 0 && texts.every((text) => text === '-' || text.trim() === '');
    return { column, isEmpty, width: widthOfAll([column.title, ...texts]) };
  });
}

/** Width of a table whose names have at most this width. */
function neededWidth(columns: readonly Measured[], nameWidth: number): number {
  const widths = columns.map(({ column, width }) => (column.isName ? Math.min(width, nameWidth) : width));
  return widths.reduce((sum, width) => sum + width + gap.length, -gap.length);
}

function priorityOf({ priority = Infinity }: Column): number {
  return priority;
}

/** Width of the widest. There may be more than a call can have arguments. */
function widthOfAll(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0);
}

/** A target without what most have. */
export function shorten(url: string): string {
  return url.replace(/^http:\/\//, '').replace(/\/metrics$/, '');
}

export function formatRate(rate: number): string {
  if (rate >= 1e9) return rate.toExponential(2);
  return rate.toFixed(rate < 10 ? 2 : rate < 1000 ? 1 : 0);
}

export function formatRatio(ratio: number | null): string {
  return ratio === null ? '-' : `${(ratio * 100).toFixed(1)}%`;
}

export function formatCount(count: number): string {
  if (Math.abs(count) >= 1e9) return count.toExponential(2);
  return Number.isInteger(count) ? String(count) : count.toFixed(1);
}

/** The head is bold; rows are red where 5 % of their calls or more are faults of the server, or errors of a client; yellow below. */
function paint(line: string, row: Row | undefined): string {
  if (row === undefined) return `\u001B[1m${line}\u001B[m`;
  if (!row.errorRatio) return line;
  const worst = row.side === 'server' ? (row.faultRatio ?? 0) : row.errorRatio;
  return `\u001B[${worst >= 0.05 ? 31 : 33}m${line}\u001B[m`;
}
