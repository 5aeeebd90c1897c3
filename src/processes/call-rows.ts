import { channelStates } from '../rpc/channels.ts';
import type { CallWatcher, Method } from '../rpc/methods/method.ts';
import type { DetailNumbers, OutcomeNumbers } from '../rpc/methods/method-numbers.ts';
import { statusNames } from '../rpc/status.ts';
import type { CallStore } from '../rpc/store.ts';
import type { ClientNumbers, ServerNumbers } from '../rpc/store-numbers.ts';
import type { Book } from './book.ts';
import { bootMilliseconds } from './identity.ts';
import type { Source } from './ledger.ts';
import { EntityRows, seriesOf } from './rows.ts';

/** The counters of a method, in the order of their row. New ones come last. */
export const methodCounters: readonly MethodCounter[] = [
  'started',
  'messagesReceived',
  'messagesSent',
  'bytesReceived',
  'bytesSent',
  'abandoned',
  'rejections',
  'attemptsStarted',
];

export type MethodCounter =
  | 'started'
  | 'messagesReceived'
  | 'messagesSent'
  | 'bytesReceived'
  | 'bytesSent'
  | 'abandoned'
  | 'rejections'
  | 'attemptsStarted';

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
  #entities = new Map<Method, EntityRows>();
  #targets = new Map<string, EntityRows>();
  /** What a server counts beside calls. */
  #own: EntityRows | undefined;
  #changed = new Set<Method>();
  #exemplified = new Set<Method>();
  #stores: Stores | undefined;

  /** `plan` is called when there is something to be written. */
  constructor(plan: () => void) {
    this.#plan = plan;
  }

  set stores(stores: Stores) {
    this.#stores = stores;
  }

  changed(method: Method): void {
    if (this.#changed.size === 0) this.#plan();
    this.#changed.add(method);
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
    this.#changed = new Set();
    for (const method of changed) this.#write(book, method);
    this.#writeServer(book);
  }

  sweep(book: Book): void {
    const stores = this.#stores;
    if (stores === undefined) return;
    for (const side of ['server', 'client'] as const) {
      for (const method of stores[side].everyMethod()) {
        this.#sides.set(method, side);
        this.#changed.add(method);
      }
    }
    this.write(book);
    this.#writeTargets(book, stores.client);
    const exemplified = this.#exemplified;
    this.#exemplified = new Set();
    for (const method of exemplified) this.#writeExemplars(method);
  }

  #write(book: Book, method: Method): void {
    const side = this.#sides.get(method) ?? this.#findSide(method);
    if (side === undefined) return; // its labels were not admitted: it is in no scrape
    const rows = this.#rowsOf(book, method, side);
    const { created, details } = method;
    rows.put(
      'counts',
      'sum',
      methodCounters.map((name) => method[name]),
      created,
    );
    rows.put('in flight', 'gauge', [method.inFlight]);
    const { openStreams, firstMessages } = method;
    if (openStreams !== undefined) {
      const [oldest] = openStreams;
      rows.put('streams', 'gauge', [openStreams.size]);
      const age = oldest === undefined ? undefined : method.clock() - oldest.startedAt;
      rows.put('oldest', 'min', [age === undefined ? Infinity : bootMilliseconds() - age]);
    }
    for (let code = 0; code < statusNames.length; code += 1) {
      const [outcome, attempts] = [method.outcome(code), method.attempts(code)];
      if (outcome !== undefined) writeOutcome(rows, `ended ${code}`, outcome);
      if (attempts !== undefined) writeOutcome(rows, `attempts ${code}`, attempts);
    }
    for (const [times, calls] of method.retries) rows.put(`retries ${times}`, 'sum', [calls]);
    if (firstMessages !== undefined) rows.putHistogram('first', 'sum', seriesOf(firstMessages), created);
    if (details === undefined) return;
    rows.put('without deadline', 'sum', [details.withoutDeadline]);
    for (const name of detailHistograms) {
      const histogram = details[name];
      if (histogram !== undefined) rows.putHistogram(name, 'sum', seriesOf(histogram), created);
    }
  }

  #rowsOf(book: Book, method: Method, side: 'server' | 'client'): EntityRows {
    const { path, labels, target, type, isMeasured } = method;
    const meta = { labels, type, isMeasured, isFirst: this.#stores![side].isFirst(method) };
    let rows = this.#entities.get(method);
    if (rows === undefined) {
      const sorted = Object.entries(labels).sort(([some], [other]) => (some < other ? -1 : 1));
      const key = ['call', side, path, JSON.stringify(sorted), ...(target === undefined ? [] : [target])];
      rows = new EntityRows(book, key, meta);
      this.#entities.set(method, rows);
    }
    rows.changeMeta(meta);
    if (this.#stores![side].exemplars !== undefined) this.#exemplified.add(method);
    return rows;
  }

  #findSide(method: Method): 'server' | 'client' | undefined {
    const { server, client } = this.#stores ?? {};
    for (const store of [server, client])
      for (const one of store?.everyMethod() ?? []) this.#sides.set(one, store!.side);
    return this.#sides.get(method);
  }

  #writeExemplars(method: Method): void {
    const rows = this.#entities.get(method);
    if (rows === undefined) return;
    for (let code = 0; code < statusNames.length; code += 1) {
      const outcome = method.outcome(code);
      if (outcome?.exemplar === undefined) continue;
      rows.putExemplars(`ended ${code}`, seriesOf(outcome.durations).exemplars ?? []);
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
    for (const [reason, count] of Object.entries(server.rejected)) this.#own.put(`rejected ${reason}`, 'sum', [count]);
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

function writeOutcome(rows: EntityRows, part: string, { created, durations, errorTypes }: OutcomeNumbers): void {
  rows.putHistogram(part, 'sum', seriesOf(durations), created);
  for (const [name, count] of errorTypes) rows.put(`${part} ${name}`, 'sum', [count]);
}
