import type { HistogramNumbers } from '../core/histogram-sum.ts';
import type { Exemplar, Labels } from '../core/snapshot.ts';
import type { MethodBounds } from '../rpc/methods/method-bounds.ts';
import type { DetailNumbers, MethodNumbers, OpenStreams, OutcomeNumbers } from '../rpc/methods/method-numbers.ts';
import type { GrpcMethodType } from '../rpc/methods/method-type.ts';
import { statusNames } from '../rpc/status.ts';
import { type DetailHistogram, detailHistograms } from './call-rows.ts';
import { HistogramView } from './histogram-view.ts';
import { bootMilliseconds } from './identity.ts';
import { type MethodCounter, methodCounters } from './method-counters.ts';
import type { PartSum } from './part-sum.ts';
import type { EntitySum } from './sums.ts';

/** One method of all processes. It reads the sums when it is asked. */
export class MethodView implements MethodNumbers {
  readonly path: string;
  readonly target: string | undefined;
  readonly #entity: EntitySum;
  readonly #usual: readonly number[];
  #version = -1;
  #outcomes: (OutcomeNumbers | undefined)[] = [];
  #attempts: (OutcomeNumbers | undefined)[] = [];
  #histograms = new Map<string, HistogramView>();

  constructor(entity: EntitySum, bounds: MethodBounds) {
    const [, , path = '', , target] = entity.key;
    this.path = path;
    this.target = target;
    this.#entity = entity;
    this.#usual = bounds.of(path);
  }

  get type(): GrpcMethodType | undefined {
    return this.#entity.meta.type as GrpcMethodType | undefined; // as `CallRows` wrote it
  }

  get labels(): Labels {
    return this.#entity.meta.labels as Labels; // as `CallRows` wrote it
  }

  get isMeasured(): boolean {
    return this.#entity.meta.isMeasured === true;
  }

  /** Whether it has the labels that a method has before its first call, and nothing was counted here. */
  get isUnused(): boolean {
    return (
      this.#entity.meta.isFirst === true && this.started + this.inFlight + this.attemptsStarted + this.bytesSent === 0
    );
  }

  get created(): number {
    return this.#part('counts')?.created ?? 0;
  }

  get started(): number {
    return this.#count('started');
  }

  get messagesReceived(): number {
    return this.#count('messagesReceived');
  }

  get messagesSent(): number {
    return this.#count('messagesSent');
  }

  get bytesReceived(): number {
    return this.#count('bytesReceived');
  }

  get bytesSent(): number {
    return this.#count('bytesSent');
  }

  get abandoned(): number {
    return this.#count('abandoned');
  }

  get rejections(): number {
    return this.#count('rejections');
  }

  get attemptsStarted(): number {
    return this.#count('attemptsStarted');
  }

  /** Of the living: the calls of a process that died have ended with it. */
  get inFlight(): number {
    return Math.max(0, this.#part('in flight')?.at(0) ?? 0);
  }

  get streams(): OpenStreams | undefined {
    const streams = this.#part('streams');
    if (streams === undefined) return undefined;
    const oldest = this.#part('oldest')?.at(0) ?? Infinity;
    return {
      open: streams.at(0),
      oldestSeconds: oldest === Infinity ? 0 : Math.max(0, bootMilliseconds() - oldest) / 1000,
    };
  }

  get retries(): ReadonlyMap<number, number> {
    const retries = new Map<number, number>();
    for (const [name, part] of this.#entity.parts) {
      if (name.startsWith('retries ')) retries.set(Number(name.slice('retries '.length)), part.at(0));
    }
    return retries;
  }

  get firstMessages(): HistogramNumbers | undefined {
    this.#update();
    return this.#histograms.get('first');
  }

  get details(): DetailNumbers | undefined {
    const without = this.#part('without deadline');
    if (without === undefined) return undefined;
    this.#update();
    const of = (name: DetailHistogram) => this.#histograms.get(name);
    return {
      withoutDeadline: without.at(0),
      receivedSizes: of('receivedSizes'),
      sentSizes: of('sentSizes'),
      receivedOfStream: of('receivedOfStream'),
      sentOfStream: of('sentOfStream'),
      deadlinesLeft: of('deadlinesLeft'),
    };
  }

  outcome(code: number): OutcomeNumbers | undefined {
    this.#update();
    return this.#outcomes[code];
  }

  attempts(code: number): OutcomeNumbers | undefined {
    this.#update();
    return this.#attempts[code];
  }

  #part(name: string): PartSum | undefined {
    return this.#entity.parts.get(name);
  }

  #count(name: MethodCounter): number {
    return this.#part('counts')?.at(methodCounters.indexOf(name)) ?? 0;
  }

  /** Finds the parts again where there are others than before. */
  #update(): void {
    if (this.#version === this.#entity.version) return;
    this.#version = this.#entity.version;
    this.#outcomes = statusNames.map((_, code) => this.#outcomeOf(`ended ${code}`, `exemplar ${code}`));
    this.#attempts = statusNames.map((_, code) => this.#outcomeOf(`attempts ${code}`));
    this.#histograms = new Map(
      ['first', ...detailHistograms].flatMap((name) => {
        const part = this.#part(name);
        return part === undefined ? [] : [[name, new HistogramView(part, this.#usual)] as const];
      }),
    );
  }

  #outcomeOf(name: string, exemplar?: string): OutcomeNumbers | undefined {
    const part = this.#part(name);
    return part && new OutcomeView(this.#entity, name, part, this.#usual, exemplar);
  }
}

class OutcomeView implements OutcomeNumbers {
  readonly durations: HistogramView;
  readonly #entity: EntitySum;
  readonly #name: string;
  readonly #part: PartSum;
  readonly #exemplar: string | undefined;

  constructor(entity: EntitySum, name: string, part: PartSum, usual: readonly number[], exemplar: string | undefined) {
    this.durations = new HistogramView(part, usual);
    this.#entity = entity;
    this.#name = name;
    this.#part = part;
    this.#exemplar = exemplar;
  }

  get created(): number {
    return this.#part.created ?? 0;
  }

  get exemplar(): Exemplar | undefined {
    return this.#exemplar === undefined ? undefined : this.#entity.parts.get(this.#exemplar)?.exemplars?.[0];
  }

  get errorTypes(): ReadonlyMap<string, number> {
    const prefix = `${this.#name} `;
    const types = new Map<string, number>();
    for (const [name, part] of this.#entity.parts) {
      if (name.startsWith(prefix)) types.set(name.slice(prefix.length), part.at(0));
    }
    return types;
  }
}
