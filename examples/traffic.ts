import { setTimeout as sleep, setImmediate as yieldToEvents } from 'node:timers/promises';
import { type Books, createBooks } from './books.ts';
import { Connection, type Target } from './connection.ts';
import { aborted } from './interrupt.ts';
import {
  exactScenarios,
  longWatch,
  type Scenario,
  type ScenarioName,
  type StatusName,
  scenarios,
} from './scenarios.ts';

/** Calls under way at a time, at most; further ones are left out while the server cannot keep up. */
const MAX_CALLS = 1000;
/** Every so often one connection is closed after another one was opened, in milliseconds. */
const RECONNECT_MS = 10_000;

export interface TrafficOptions extends Target {
  /** Ends the traffic: what is under way is cancelled, and is in the books as CANCELLED. */
  readonly signal: AbortSignal;
  /** New calls per second, over all connections. */
  readonly rate?: number;
  readonly connections?: number;
  /** Streams open at any time, beside the other calls. */
  readonly longStreams?: number;
  /** How long such a stream takes on average, in seconds: from half of it to one and a half. */
  readonly longStreamSeconds?: number;
  /** Where to write; give them to watch the traffic while it runs. */
  readonly books?: Books;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** Calls the shop in every way there is, at random moments, until the signal. Rejects when no server answers at first. */
export async function runTraffic({
  address,
  credentials,
  metrics,
  signal,
  rate = 50,
  connections = 4,
  longStreams = 3,
  longStreamSeconds = 30,
  books = createBooks(),
  random = Math.random,
}: TrafficOptions): Promise<Books> {
  const target = { address, credentials, metrics };
  const open = await Connection.openAll(connections, target, books, signal);
  const leaving = new Set<Connection>();

  const shortCalls = atRandomMoments(rate, signal, random, () => {
    if (sum(open.map(({ pending }) => pending)) < MAX_CALLS) void pick(open, random).call(pickScenario(random));
  });

  const longCalls = Array.from({ length: longStreams }, async () => {
    while (!signal.aborted) {
      const seconds = longStreamSeconds * (0.5 + random());
      const status = await pick(open, random).call(longWatch(seconds));
      if (status !== 'OK') await pause(1000, signal);
    }
  });

  const reconnections = (async () => {
    for (let turn = 0; ; turn += 1) {
      await pause(RECONNECT_MS, signal);
      if (signal.aborted) return;
      // When the server is away, the connections that there are reconnect by themselves.
      const fresh = await Connection.open(target, books, signal).catch(() => undefined);
      if (fresh === undefined) continue;
      const [old] = open.splice(turn % open.length, 1, fresh) as [Connection];
      leaving.add(old);
      void old.close().finally(() => leaving.delete(old));
    }
  })();

  await aborted(signal);
  for (const connection of [...open, ...leaving]) connection.cancelAll();
  await Promise.all([shortCalls, ...longCalls, reconnections]);
  await Promise.all([...open, ...leaving].map((connection) => connection.close()));
  return books;
}

/** How many calls of each scenario to make. */
export type Plan = Partial<Record<ScenarioName, number>>;

/** Each of the exact scenarios so many times. */
export function evenPlan(repetitions = 1): Plan {
  return Object.fromEntries(exactScenarios.map((name) => [name, repetitions]));
}

export interface PlanOptions extends Target {
  readonly plan?: Plan;
  readonly connections?: number;
  /** Calls under way at a time, over all connections. */
  readonly concurrency?: number;
  /** Awaited after the last call has ended and before the connections are closed. */
  readonly whileOpen?: (books: Books) => Promise<void> | void;
}

/**
 * Makes exactly the calls of the plan, and one health check per connection after them; returns when all have ended.
 *
 * Those last checks follow the resets of cancelled calls over the same connections: when they are answered, the server
 * has seen the end of every call. Rejects when no server answers.
 */
export async function runPlan({
  address,
  credentials,
  metrics,
  plan = evenPlan(),
  connections = 3,
  concurrency = 16,
  whileOpen = () => {},
}: PlanOptions): Promise<Books> {
  const books = createBooks();
  const open = await Connection.openAll(connections, { address, credentials, metrics }, books);
  try {
    const queue = inTurns(plan).entries();
    const workers = Array.from({ length: concurrency }, async () => {
      // All workers take from the one queue.
      for (const [index, name] of queue) await open[index % connections]!.call(scenarios[name]);
    });
    await Promise.all(workers);
    await Promise.all(open.map((connection) => connection.call(scenarios.health)));
    await whileOpen(books);
  } finally {
    await Promise.all(open.map((connection) => connection.close()));
  }
  return books;
}

/** The books that `runPlan` must return, but for the durations. */
export function plannedBooks(plan: Plan = evenPlan(), connections = 3): Omit<Books, 'seconds'> {
  const books = { ...createBooks(), connections };
  for (const name of [...inTurns(plan), ...Array<ScenarioName>(connections).fill('health')]) {
    const { method, status, requests, replies } = scenarios[name];
    const statuses = books.calls.get(method) ?? new Map<StatusName, number>();
    books.calls.set(method, statuses.set(status, (statuses.get(status) ?? 0) + 1));
    books.messagesSent.set(method, (books.messagesSent.get(method) ?? 0) + requests.length);
    books.messagesReceived.set(method, (books.messagesReceived.get(method) ?? 0) + replies);
  }
  const { seconds: _, ...planned } = books;
  return planned;
}

/** The plan's calls, one of each scenario after the other, so that all kinds are under way together. */
function inTurns(plan: Plan): ScenarioName[] {
  const counts = Object.entries(plan) as [ScenarioName, number][];
  const turns = Array.from({ length: Math.max(0, ...counts.map(([, count]) => count)) }, (_, turn) => turn);
  return turns.flatMap((turn) => counts.filter(([, count]) => count > turn).map(([name]) => name));
}

/** Acts `rate` times a second on average, each time independent of the last, as many separate users would. */
async function atRandomMoments(rate: number, signal: AbortSignal, random: () => number, act: () => void) {
  let next = performance.now();
  while (!signal.aborted) {
    next += (-Math.log(1 - random()) / rate) * 1000;
    const wait = next - performance.now();
    await (wait > 1 ? pause(wait, signal) : yieldToEvents());
    // After a sleep of the machine there is nothing to catch up with.
    if (wait < -1000) next = performance.now();
    if (!signal.aborted) act();
  }
}

const allScenarios: readonly Scenario[] = Object.values(scenarios);
const allWeights = sum(allScenarios.map(({ weight }) => weight));

function pickScenario(random: () => number): Scenario {
  let left = random() * allWeights;
  for (const scenario of allScenarios) {
    left -= scenario.weight;
    if (left < 0) return scenario;
  }
  return scenarios.getOrder;
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)]!;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
