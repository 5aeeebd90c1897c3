import { replaceSteering } from '../steering.ts';
import { type Controls, keyHelp } from './controls.ts';
import type { History } from './history.ts';
import type { TargetState } from './poll.ts';
import { formatProcesses } from './process-table.ts';
import type { ProcessRow } from './processes.ts';
import type { Row } from './rows.ts';
import type { Picture } from './screen.ts';
import { cutStart, formatTable } from './table.ts';

/** What is drawn. */
export interface Scene {
  readonly states: readonly TargetState[];
  /** By their places; undefined before the second scrape. */
  readonly rows: readonly Row[] | undefined;
  /** Of targets that have several. */
  readonly processes: readonly ProcessRow[];
  readonly history: History;
  readonly controls: Controls;
  /** Between two scrapes, in seconds. */
  readonly interval: number;
  readonly color?: boolean | undefined;
  readonly hasKeys: boolean;
}

export function drawScene(scene: Scene): Picture {
  return ({ columns, rows: height }) => {
    const intro = introOf(scene, height).map((line) => line.slice(0, columns));
    const { controls, rows } = scene;
    if (controls.isHelpShown) return [...intro, ...keyHelp.map((line) => line.slice(0, columns))];
    if (rows === undefined) return [...intro, 'waiting for the second scrape'];
    const room = height - intro.length;
    const processes = processesOf(scene, columns, room);
    return [...intro, ...tableOf(scene, rows, columns, room - processes.length), ...processes];
  };
}

/** The processes below the sums, in half of the room at most. */
function processesOf({ processes, controls, color }: Scene, columns: number, room: number): string[] {
  const most = Math.floor(room / 2) - 2;
  if (!controls.areProcessesShown || processes.length === 0 || most < 1) return [];
  const lines = formatProcesses(processes, { columns, color });
  const more = processes.length - most;
  return ['', ...(more > 0 ? [...lines.slice(0, most), `and ${more + 1} more processes`] : lines)];
}

function introOf({ states, controls, interval, hasKeys }: Scene, height: number): string[] {
  const said = complaints(states, { error: 'DOWN ', late: 'LATE ', warning: 'NOTE ' });
  // A third of the screen at most is for them.
  const most = Math.max(Math.floor(height / 3), 2);
  const more = said.length > most ? [`and ${said.length - most + 1} more such targets`] : [];
  const up = states.filter((state) => state.up).length;
  const what = states.length === 1 ? cutStart(states[0]!.url, 60) : `${up} of ${states.length} targets up`;
  const { order, filter, isTyping } = controls;
  const chosen = isTyping ? `, filter: ${filter}_` : filter === '' ? '' : `, filter: ${filter}`;
  const head = `${what}, every ${interval} s, by ${order}${replaceSteering(chosen)}${hasKeys ? ', ? for help' : ''}`;
  return [head, ...said.slice(0, most - more.length), ...more, ''];
}

function tableOf({ controls, history, color }: Scene, all: readonly Row[], columns: number, height: number): string[] {
  const rows = controls.filter === '' ? all : all.filter((row) => controls.matches(row));
  if (rows.length === 0 && all.length > 0) return ['no row matches the filter'];
  // One line for the head of the table, and one to say what there is no room for.
  const room = Math.max(height - 2, 1);
  controls.room = room;
  // Rows that all have room need no line that says so.
  const fits = rows.length - room <= 1;
  controls.offset = fits ? 0 : Math.min(controls.offset, rows.length - room);
  const { offset } = controls;
  const shown = fits ? rows : rows.slice(offset, offset + room);
  const table = formatTable(shown, { columns, color, history: (row) => history.of(row) });
  const below = rows.length - offset - shown.length;
  if (offset > 0) return [...table, `${offset} above, ${below} below`];
  return below > 0 ? [...table, `and ${below} more`] : table;
}

const kinds = ['error', 'late', 'warning'] as const;
const unmarked = { error: '', late: '', warning: '' };

/** What is to be said of targets, each on a line; all that comes from them is without control characters. */
export function complaints(
  states: readonly TargetState[],
  marks: Record<(typeof kinds)[number], string> = unmarked,
): string[] {
  return states.flatMap((state) =>
    kinds.filter((kind) => state[kind] !== undefined).map((kind) => marks[kind] + replaceSteering(state[kind]!)),
  );
}
