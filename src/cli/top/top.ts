import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallShape } from '../../naming/call-shape.ts';
import { type Host, interruptedCode } from '../host.ts';
import { replaceSteering } from '../steering.ts';
import { readTarget } from '../target.ts';
import { readArguments, readChoice, readSeconds, UsageError } from '../usage.ts';
import { History } from './history.ts';
import { formatJson } from './json.ts';
import { PolledTarget, type TargetState } from './poll.ts';
import { askAll, askPrompt, patience, waitForOne } from './round.ts';
import { type Order, orders, type Row, rowsOf, sortRows } from './rows.ts';
import { createScreen, type Picture } from './screen.ts';
import { cutStart, formatTable } from './table.ts';

export const topUsage = `Shows the calls of gRPC services, by method: rate, errors, latency and calls in flight.

  grpc-vitals top [options] URL...

  --sort rate             or errors, faults, p50, p95, p99, inflight, method
  --by method             all targets summed; or target, each for itself
  --interval 2s           between two scrapes
  --once                  scrape twice, print, end
  --json                  one line of JSON for each refresh
  --header 'NAME: VALUE'  send a header along; may be given several times
  --timeout 5s            for each scrape

Ctrl-C ends it. Exit code: 0, or 2 when no target could be read at the start, one has no metrics of gRPC calls,
with --once one was down, or wrong usage.
`;

/**
 * Runs `grpc-vitals top`; resolves with the exit code. `shapes` are the names of calls that it reads, by default all that are known.
 * Throws `UsageError` and `UnreadableError`.
 */
export async function top(args: readonly string[], host: Host, shapes?: readonly CallShape[]): Promise<number> {
  const { values: options, urls } = readArguments('top', args, {
    sort: { type: 'string', default: 'rate' },
    by: { type: 'string', default: 'method' },
    interval: { type: 'string', default: '2s' },
    once: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    header: { type: 'string', multiple: true, default: [] },
    timeout: { type: 'string', default: '5s' },
  });
  const order = readChoice('--sort', options.sort, orders);
  const by = readChoice('--by', options.by, ['method', 'target'] as const);
  const interval = readSeconds('--interval', options.interval);
  const timeout = readSeconds('--timeout', options.timeout);
  const targets = urls.map((url) => readTarget(url, options.header));
  if (new Set(targets.map(({ url }) => url)).size < targets.length) throw new UsageError('a URL is given twice');
  const end = new AbortController();
  const signal = AbortSignal.any([host.interrupted, end.signal]);
  const polled = targets.map(
    (target) => new PolledTarget(target, host, { timeout, patience: interval * patience, signal, shapes }),
  );
  const how = { order, by, interval };
  try {
    if (options.once) return await once(polled, how, options.json, host);
    return await live(polled, how, options.json, host);
  } finally {
    end.abort();
  }
}

interface How {
  readonly order: Order;
  readonly by: 'method' | 'target';
  /** Seconds. */
  readonly interval: number;
}

async function once(polled: readonly PolledTarget[], how: How, json: boolean, host: Host): Promise<number> {
  await askAll(polled);
  await waitForOne(polled);
  await host.sleep(how.interval, host.interrupted);
  if (host.interrupted.aborted) return interruptedCode;
  await askAll(polled);
  if (host.interrupted.aborted) return interruptedCode;
  const { states, rows } = read(polled, how);
  if (json) host.out(formatJson(states, rows));
  else {
    const columns = host.terminal?.size().columns ?? host.columns;
    host.out(`${formatTable(rows, { columns, color: host.terminal?.color }).join('\n')}\n`);
    for (const text of complaints(states)) host.err(`grpc-vitals: ${text}\n`);
  }
  return states.every(({ up }) => up) ? 0 : 2;
}

async function live(polled: readonly PolledTarget[], how: How, json: boolean, host: Host): Promise<number> {
  const ask = () => (json ? askAll(polled) : askPrompt(polled, how.interval, host));
  let next = host.now() + how.interval;
  await ask();
  await waitForOne(polled);
  const screen = json ? undefined : createScreen(host);
  const history = new History();
  try {
    const first = polled.map((target) => target.latest().state);
    if (host.terminal !== undefined) screen?.show(picture(first, undefined, how, history));
    for (;;) {
      await host.sleep(Math.max(next - host.now(), 0), host.interrupted);
      next = Math.max(next + how.interval, host.now());
      if (host.interrupted.aborted) return 0;
      await ask();
      await nextTurn();
      if (host.interrupted.aborted) return 0;
      const { states, rows } = read(polled, how);
      history.add(rows);
      if (screen === undefined) host.out(formatJson(states, rows));
      else screen.show(picture(states, rows, how, history, host.terminal?.color));
    }
  } finally {
    screen?.close();
  }
}

function read(polled: readonly PolledTarget[], { by, order }: How): { states: TargetState[]; rows: Row[] } {
  const latest = polled.map((target) => target.latest());
  const all = latest.flatMap(({ state, windows }) => windows.map((window) => [state.url, window] as const));
  return { states: latest.map(({ state }) => state), rows: sortRows(rowsOf(all, by), order) };
}

function picture(
  states: readonly TargetState[],
  rows: readonly Row[] | undefined,
  how: How,
  history: History,
  color?: boolean,
): Picture {
  return ({ columns, rows: height }) => {
    const said = complaints(states, { error: 'DOWN ', late: 'LATE ', warning: 'NOTE ' });
    // A third of the screen at most is for them.
    const most = Math.max(Math.floor(height / 3), 2);
    const more = said.length > most ? [`and ${said.length - most + 1} more such targets`] : [];
    const lines = [head(states, how), ...said.slice(0, most - more.length), ...more];
    const intro = lines.map((line) => line.slice(0, columns)).concat('');
    if (rows === undefined) return [...intro, 'waiting for the second scrape'];
    // One line for the head of the table, and one to say what there is no room for.
    const room = Math.max(height - intro.length - 2, 1);
    const shown = rows.length - room <= 1 ? rows : rows.slice(0, room);
    const table = formatTable(shown, { columns, color, history: (row) => history.of(row) });
    const rest = rows.length - shown.length;
    return [...intro, ...table, ...(rest > 0 ? [`and ${rest} more`] : [])];
  };
}

const kinds = ['error', 'late', 'warning'] as const;
const unmarked = { error: '', late: '', warning: '' };

/** What is to be said of targets, each on a line; all that comes from them is without control characters. */
function complaints(
  states: readonly TargetState[],
  marks: Record<(typeof kinds)[number], string> = unmarked,
): string[] {
  return states.flatMap((state) =>
    kinds.filter((kind) => state[kind] !== undefined).map((kind) => marks[kind] + replaceSteering(state[kind]!)),
  );
}

function head(states: readonly TargetState[], { order, interval }: How): string {
  const up = states.filter((state) => state.up).length;
  const what = states.length === 1 ? cutStart(states[0]!.url, 60) : `${up} of ${states.length} targets up`;
  return `${what}, every ${interval} s, by ${order}`;
}
