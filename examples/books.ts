import type { StatusName } from './scenarios.ts';

/** How many durations are kept for each method: the latest. */
const KEPT_DURATIONS = 10_000;

/** What the clients saw, to be compared with what the server says. Plain data, keyed by path (`/package.Service/Method`). */
export interface Books {
  /** Finished calls by method and status. */
  readonly calls: Map<string, Map<StatusName, number>>;
  /** From the start of the call to its status as the client saw it, in seconds, by method; the latest 10,000. */
  readonly seconds: Map<string, number[]>;
  /** Messages that the clients gave to grpc-js, by method. */
  readonly messagesSent: Map<string, number>;
  /** Messages that the clients were given, by method. */
  readonly messagesReceived: Map<string, number>;
  /** Connections opened, those that are closed again included. */
  connections: number;
}

export function createBooks(): Books {
  return {
    calls: new Map(),
    seconds: new Map(),
    messagesSent: new Map(),
    messagesReceived: new Map(),
    connections: 0,
  };
}

export interface FinishedCall {
  readonly method: string;
  readonly status: StatusName;
  readonly seconds: number;
  readonly sent: number;
  readonly received: number;
}

export function enter(books: Books, { method, status, seconds, sent, received }: FinishedCall): void {
  const durations = books.seconds.get(method) ?? [];
  books.seconds.set(method, durations);
  durations[countOf(books, method) % KEPT_DURATIONS] = seconds;
  const statuses = books.calls.get(method) ?? new Map<StatusName, number>();
  books.calls.set(method, statuses);
  add(statuses, status, 1);
  add(books.messagesSent, method, sent);
  add(books.messagesReceived, method, received);
}

/** All finished calls, or those of one method. */
export function countOf(books: Books, method?: string): number {
  const kept =
    method === undefined ? [...books.calls.values()] : [books.calls.get(method) ?? new Map<string, number>()];
  return kept.reduce((sum, statuses) => sum + [...statuses.values()].reduce((total, count) => total + count, 0), 0);
}

/** The books as a table for people: a line for each method and status. */
export function formatBooks(books: Books): string {
  const lines = [['method', 'status', 'calls', 'sent', 'received', 'p50 ms', 'p95 ms']];
  for (const [method, statuses] of [...books.calls].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const sorted = books.seconds.get(method)!.toSorted((a, b) => a - b);
    const ofMethod = [
      String(books.messagesSent.get(method) ?? 0),
      String(books.messagesReceived.get(method) ?? 0),
      quantileMs(sorted, 0.5),
      quantileMs(sorted, 0.95),
    ];
    for (const [index, [status, count]] of [...statuses].toSorted(([, a], [, b]) => b - a).entries()) {
      lines.push([index === 0 ? method : '', status, String(count), ...(index === 0 ? ofMethod : ['', '', '', ''])]);
    }
  }
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  const table = lines.map((cells) =>
    cells
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return `${table.join('\n')}\n${countOf(books)} calls over ${books.connections} connections`;
}

function quantileMs(sorted: readonly number[], quantile: number): string {
  return ((sorted[Math.ceil(sorted.length * quantile) - 1] ?? 0) * 1000).toFixed(1);
}

function add<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
