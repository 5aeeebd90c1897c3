import type { Books } from '../../examples/books.ts';
import { ordersDefinition } from '../../examples/proto.ts';

/** Numbers by the values of some labels, with a space between: `/shop.v1.Orders/GetOrder NOT_FOUND`. */
export type Table = Readonly<Record<string, number>>;

/** The methods of the shop. */
export const shopMethods: readonly string[] = Object.values(ordersDefinition).map(({ path }) => path);

const SERVER_FAULTS = ['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'];

export function isServerFault(status: string): boolean {
  return SERVER_FAULTS.includes(status);
}

export function isError(status: string): boolean {
  return status !== 'OK';
}

/** The label `method` of calls to this path, undefined for calls that are not recorded. */
function methodOf(path: string): string | undefined {
  if (path.startsWith('/grpc.health.v1.Health/')) return undefined;
  return shopMethods.includes(path) ? path : 'unknown';
}

/** Calls by method and status, with the zeros that there are from the start: of OK and of what is the server's fault. */
export function requestsIn(books: Books): Table {
  const table: Record<string, number> = {};
  for (const method of [...shopMethods, 'unknown']) {
    for (const status of ['OK', ...SERVER_FAULTS]) table[`${method} ${status}`] = 0;
  }
  for (const { method, status, count } of recorded(books)) add(table, `${method} ${status}`, count);
  return table;
}

/** Calls by method. */
export function callsIn(books: Books): Table {
  const table: Record<string, number> = {};
  for (const { method, count } of recorded(books)) add(table, method, count);
  return table;
}

/** The share of each method's calls that ended with such a status. */
export function sharesIn(books: Books, isCounted: (status: string) => boolean): Table {
  const table: Record<string, number> = {};
  for (const { method, status, count } of recorded(books)) add(table, method, isCounted(status) ? count : 0);
  return Object.fromEntries(Object.entries(table).map(([method, count]) => [method, count / callsIn(books)[method]!]));
}

/** Errors by type, with such zeros. The shop's only UNKNOWN is a TypeError that a handler throws. */
export function errorTypesIn(books: Books): Table {
  const table: Record<string, number> = Object.fromEntries(SERVER_FAULTS.map((status) => [status, 0]));
  for (const { status, count } of recorded(books)) {
    if (isError(status)) add(table, status === 'UNKNOWN' ? 'TypeError' : status, count);
  }
  return table;
}

/** Messages by method, of `books.messagesSent` or `books.messagesReceived`. Nobody reads those of unknown methods. */
export function messagesIn(messages: ReadonlyMap<string, number>): Table {
  const table: Record<string, number> = { unknown: 0 };
  for (const [path, count] of messages) if (shopMethods.includes(path)) add(table, path, count);
  return table;
}

/** What the clients measured, in seconds, by method, sorted. */
export function durationsIn(books: Books): Readonly<Record<string, readonly number[]>> {
  const durations: Record<string, number[]> = {};
  for (const [path, seconds] of books.seconds) {
    const method = methodOf(path);
    if (method !== undefined) durations[method] = [...(durations[method] ?? []), ...seconds].sort((a, b) => a - b);
  }
  return durations;
}

export function plus(a: Table, b: Table): Table {
  const table: Record<string, number> = { ...a };
  for (const [key, value] of Object.entries(b)) add(table, key, value);
  return table;
}

function recorded(books: Books): { method: string; status: string; count: number }[] {
  return [...books.calls].flatMap(([path, statuses]) => {
    const method = methodOf(path);
    return method === undefined ? [] : Array.from(statuses, ([status, count]) => ({ method, status, count }));
  });
}

function add(table: Record<string, number>, key: string, by: number): void {
  table[key] = (table[key] ?? 0) + by;
}
