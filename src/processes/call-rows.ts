import { channelStates } from '../rpc/channels.ts';
import type { CallWatcher, Method } from '../rpc/methods/method.ts';
import type { DetailNumbers, OutcomeNumbers } from '../rpc/methods/method-numbers.ts';
import { type Rejection, rejections } from '../rpc/server-store.ts';
import { statusNames } from '../rpc/status.ts';
import type { CallStore } from '../rpc/store.ts';
import type { ClientNumbers, ServerNumbers } from '../rpc/store-numbers.ts';
import type { Book } from './book.ts';
import { callGroup, callKey, callLimit } from './call-limits.ts';
import { bootMilliseconds } from './identity.ts';
import { countsOf } from './method-counters.ts';
import { EntityRows, seriesOf } from './rows.ts';
import { type SeriesLimits, seriesKey } from './series-limits.ts';
import type { Source } from './source.ts';

/** The histograms of a method's details. */
export const detailHistograms: readonly DetailHistogram[] = [
  'receivedSizes',
  'sentSizes',
  'receivedOfStream',
  'sentOfStream',
  'deadlinesLeft',
];

export type DetailHistogram = Exclude<keyof DetailNumbers, 'withoutDeadline'>;

interface Stores {
  readonly server: CallStore & ServerNumbers;
  readonly client: CallStore & ClientNumbers;
}

/** Writes the calls of both sides. Methods mark themselves; what has no mark is written at each sweep. */
export class CallRows implements Source, CallWatcher {
  readonly #plan: () => void;
  readonly #sides = new Map<Method, 'server' | 'client'>();
  #entities = new Map<Method, KnownMethod>();
  #targets = new Map<string, EntityRows>();
  /** What a server counts beside calls. */
  #own: EntityRows | undefined;
  /** Those that have changed. They have no watcher until they are written: what is marked once needs no other mark. */
  #changed: Method[] = [];
  /** Those that may have another exemplar than at the last sweep. */
  readonly #exemplified = new Set<Method>();
  #stores: Stores | undefined;
  /** When the series began, in milliseconds since boot. A book that is written anew says the same. */
  readonly #since = new WeakMap<Method, number>();
  /** Those that are under `other` because of what other processes have, and how many of their calls were counted so. */
  readonly #out = new Map<Method, number>();
  readonly #folded: (calls: number) => void;

  /**
   * `plan` is called when there is something to be written; `folded` is called for calls that are under `other` because of what
   * other processes have.
   */
  constructor(plan: () => void, folded: (calls: number) => void = () => {}) {
    this.#plan = plan;
    this.#folded = folded;
  }

  set stores(stores: Stores) {
    this.#stores = stores;
  }

  changed(method: Method): void {
    if (this.#changed.length === 0) this.#plan();
    this.#mark(method);
  }

  changedServer(): void {
    this.#plan();
  }

  restart(): () => void {
    const before = { entities: this.#entities, targets: this.#targets, sides: this.#own };
    this.#entities = new Map();
    this.#targets = new Map();
    this.#own = undefined;
    return () => {
      this.#entities = before.entities;
      this.#targets = before.targets;
      this.#own = before.sides;
    };
  }

  write(book: Book): void {
    const changed = this.#changed;
    this.#changed = [];
    for (const method of changed) method.watcher = this;
    const hasExemplars = this.#stores?.server.exemplars !== undefined;
    for (const method of changed) {
      this.#write(book, method);
      if (hasExemplars) this.#exemplified.add(method);
    }
    this.#writeServer(book);
  }

  sweep(book: Book): void {
    const stores = this.#stores;
    if (stores === undefined) return;
    for (const side of ['server', 'client'] as const) {
      for (const method of stores[side].everyMethod()) {
        this.#sides.set(method, side);
        if (method.watcher !== undefined) this.#mark(method);
      }
    }
    this.write(book);
    this.#writeTargets(book, stores.client);
    for (const method of this.#exemplified) this.#writeExemplars(method);
    this.#exemplified.clear();
  }

  #mark(method: Method): void {
    this.#changed.push(method);
    method.watcher = undefined;
  }

  #write(book: Book, method: Method): void {
    const rows = this.#rowsOf(book, method);
    if (rows === undefined) return; // its labels were not admitted: it is in no scrape
    const { created, openStreams, firstMessages, details, attemptsStarted } = method;
    rows.put('counts', 'sum', countsOf(method), created);
    if (this.#out.size > 0) this.#keepOut(rows, method);
    rows.put('in flight', 'gauge', [method.inFlight]);
    if (openStreams !== undefined) writeStreams(rows, method, openStreams);
    for (let code = 0; code < statusNames.length; code += 1) {
      const outcome = method.outcome(code);
      if (outcome !== undefined) writeOutcome(rows, endedParts[code]!, outcome);
      const attempts = attemptsStarted === 0 ? undefined : method.attempts(code);
      if (attempts !== undefined) writeOutcome(rows, attemptParts[code]!, attempts);
    }
    if (method.retries.size > 0)
      for (const [times, calls] of method.retries) rows.put(`retries ${times}`, 'sum', [calls]);
    if (firstMessages !== undefined) rows.putHistogram('first', 'sum', seriesOf(firstMessages), created);
    if (details !== undefined) writeDetails(rows, details, created);
  }

  #rowsOf(book: Book, method: Method): EntityRows | undefined {
    const known = this.#entities.get(method);
    const { labels, type, isMeasured } = method;
    if (known !== undefined && known.type === type && known.isMeasured === isMeasured) return known.rows;
    // Slow path: a method that is new, or of which more is known than before.
    const side = this.#sides.get(method) ?? this.#findSide(method);
    if (side === undefined) return undefined;
    const store = this.#stores![side];
    const base = store.limitOf(method)?.base;
    // First, so that it has room before this one.
    if (base !== undefined && !this.#entities.has(base)) this.#write(book, base);
    const limit = callLimit(store, method, { type, isMeasured });
    const meta = { labels, type, isMeasured, isFirst: store.isFirst(method), ...limit };
    const key = callKey(side, method);
    const rows = known?.rows ?? new EntityRows(book, key, meta, () => this.#sinceOf(method));
    rows.changeMeta(meta);
    this.#entities.set(method, { rows, name: seriesKey(key), type, isMeasured });
    return rows;
  }

  /** What has no room now stays under `other`: its counts must not leave that. */
  settle(limits: SeriesLimits): void {
    const out = limits.outOf(callGroup);
    if (out.size === 0) return;
    for (const [method, { rows, name }] of this.#entities) {
      if (this.#out.has(method) || !out.has(name)) continue;
      this.#out.set(method, 0);
      this.#keepOut(rows, method);
    }
  }

  /** Says that these calls are under `other`, and counts those that were not counted so before. */
  #keepOut(rows: EntityRows, method: Method): void {
    const counted = this.#out.get(method);
    if (counted === undefined) return;
    rows.keepOut('counts');
    const { started } = method;
    this.#out.set(method, started);
    if (started > counted) this.#folded(started - counted);
  }

  #sinceOf(method: Method): number {
    const since = this.#since.get(method) ?? bootMilliseconds();
    this.#since.set(method, since);
    return since;
  }

  #findSide(method: Method): 'server' | 'client' | undefined {
    const { server, client } = this.#stores ?? {};
    for (const store of [server, client])
      for (const one of store?.everyMethod() ?? []) this.#sides.set(one, store!.side);
    return this.#sides.get(method);
  }

  #writeExemplars(method: Method): void {
    const rows = this.#entities.get(method)?.rows;
    if (rows === undefined) return;
    for (let code = 0; code < statusNames.length; code += 1) {
      const outcome = method.outcome(code);
      if (outcome?.exemplar === undefined) continue;
      rows.putExemplars(endedParts[code]!, seriesOf(outcome.durations).exemplars ?? []);
      rows.put(`exemplar ${code}`, 'sum', [0]);
      rows.putExemplars(`exemplar ${code}`, [outcome.exemplar]);
    }
  }

  #writeServer(book: Book): void {
    const stores = this.#stores;
    if (stores === undefined) return;
    this.#own ??= new EntityRows(book, ['server'], {});
    const { server } = stores;
    this.#own.put('connections', 'gauge', [server.connections]);
    for (const reason of rejections) this.#own.put(rejectedParts[reason], 'sum', [server.rejected[reason]]);
  }

  #writeTargets(book: Book, { channels }: ClientNumbers): void {
    for (const target of channels.targets()) {
      let rows = this.#targets.get(target.name);
      if (rows === undefined) {
        rows = new EntityRows(book, ['target', target.name], {});
        this.#targets.set(target.name, rows);
      }
      const states = target.states();
      rows.put(
        'states',
        'gauge',
        channelStates.map((state) => states[state]),
      );
      rows.put(
        'transitions',
        'sum',
        channelStates.map((state) => target.transitions[state]),
      );
      rows.put('connections', 'gauge', [target.connections()]);
    }
  }
}

/** What was said of a method. */
interface KnownMethod {
  readonly rows: EntityRows;
  /** As limits know it. */
  readonly name: string;
  readonly type: Method['type'];
  readonly isMeasured: boolean;
}

/** The names of rows, by reason. */
const rejectedParts: Readonly<Record<Rejection, string>> = {
  content_type: 'rejected content_type',
  protocol: 'rejected protocol',
  tls_handshake: 'rejected tls_handshake',
};

/** The names of rows, by status. */
const endedParts: readonly string[] = statusNames.map((_, code) => `ended ${code}`);
const attemptParts: readonly string[] = statusNames.map((_, code) => `attempts ${code}`);

function writeStreams(rows: EntityRows, { clock }: Method, open: NonNullable<Method['openStreams']>): void {
  const [oldest] = open;
  rows.put('streams', 'gauge', [open.size]);
  rows.put('oldest', 'min', [oldest === undefined ? Infinity : bootMilliseconds() - (clock() - oldest.startedAt)]);
}

function writeOutcome(rows: EntityRows, part: string, { created, durations, errorTypes }: OutcomeNumbers): void {
  rows.putHistogram(part, 'sum', seriesOf(durations), created);
  if (errorTypes.size === 0) return;
  for (const [name, count] of errorTypes) rows.put(`${part} ${name}`, 'sum', [count]);
}

function writeDetails(rows: EntityRows, details: DetailNumbers, created: number): void {
  rows.put('without deadline', 'sum', [details.withoutDeadline]);
  for (const name of detailHistograms) {
    const histogram = details[name];
    if (histogram !== undefined) rows.putHistogram(name, 'sum', seriesOf(histogram), created);
  }
}
