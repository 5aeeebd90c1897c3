import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallShape } from '../../naming/call-shape.ts';
import { type Host, interruptedCode } from '../host.ts';
import { readTarget } from '../target.ts';
import { readArguments, readChoice, readSeconds, UsageError } from '../usage.ts';
import { formatJson } from './json.ts';
import { complaints } from './picture.ts';
import { PolledTarget, type TargetState } from './poll.ts';
import { formatProcesses } from './process-table.ts';
import type { ProcessRow } from './processes.ts';
import { askAll, askPrompt, patience, waitForOne } from './round.ts';
import { type Order, orders, type Row, rowsOf, sortRows } from './rows.ts';
import { formatTable } from './table.ts';
import { View } from './view.ts';

export const topUsage = `Shows the calls of gRPC services, by method: rate, errors, latency and calls in flight.

  grpc-vitals top [options] URL...

  --sort rate             or errors, faults, p50, p95, p99, inflight, method
  --by method             all targets summed; or target, each for itself
  --interval 2s           between two scrapes
  --once                  scrape twice, print, end
  --json                  one line of JSON for each refresh
  --header 'NAME: VALUE'  send a header along; may be given several times
  --timeout 5s            for each scrape

A URL may be a port of this machine: grpc-vitals top 8000. In a terminal, q or Ctrl-C ends it, s sorts by the next
column, / filters, arrows scroll, p hides the table of processes, and ? shows all keys. A row keeps its place until
you sort.

Exit code: 0, or 2 when no target could be read at the start, one has no metrics of gRPC calls, with --once one was
down, or wrong usage.
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
  const { states, rows, processes } = read(polled, how);
  if (json) host.out(formatJson(states, rows, processes));
  else {
    const form = { columns: host.terminal?.size().columns ?? host.columns, color: host.terminal?.color };
    host.out(`${formatTable(rows, form).join('\n')}\n`);
    if (processes.length > 0) host.out(`\n${formatProcesses(processes, form).join('\n')}\n`);
    for (const text of complaints(states)) host.err(`grpc-vitals: ${text}\n`);
  }
  return states.every(({ up }) => up) ? 0 : 2;
}

async function live(polled: readonly PolledTarget[], how: How, json: boolean, host: Host): Promise<number> {
  const ask = () => (json ? askAll(polled) : askPrompt(polled, how.interval, host));
  let next = host.now() + how.interval;
  await ask();
  await waitForOne(polled);
  const view = json ? undefined : new View(host, how);
  try {
    if (host.terminal !== undefined)
      view?.show(
        polled.map((target) => target.latest().state),
        undefined,
      );
    for (;;) {
      await host.sleep(Math.max(next - host.now(), 0), host.interrupted);
      next = Math.max(next + how.interval, host.now());
      if (host.interrupted.aborted) return 0;
      await ask();
      await nextTurn();
      if (host.interrupted.aborted) return 0;
      const { states, rows, processes } = read(polled, how);
      if (view === undefined) host.out(formatJson(states, rows, processes));
      else view.show(states, rows, processes);
    }
  } finally {
    view?.close();
  }
}

interface Refresh {
  readonly states: TargetState[];
  readonly rows: Row[];
  readonly processes: ProcessRow[];
}

function read(polled: readonly PolledTarget[], { by, order }: How): Refresh {
  const latest = polled.map((target) => target.latest());
  const all = latest.flatMap(({ state, windows }) => windows.map((window) => [state.url, window] as const));
  return {
    states: latest.map(({ state }) => state),
    rows: sortRows(rowsOf(all, by), order),
    processes: latest.flatMap(({ processes }) => processes),
  };
}
