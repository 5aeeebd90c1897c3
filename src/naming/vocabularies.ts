import { MetricsError } from '../core/errors.ts';
import { occupiedNames } from '../core/names.ts';
import { quoted } from '../core/printable.ts';
import type { Collector } from '../core/registry.ts';
import type { LiveFamily } from '../core/snapshot.ts';
import type { ClientStore } from '../rpc/client-store.ts';
import type { Faults } from '../rpc/faults.ts';
import type { ServerStore } from '../rpc/server-store.ts';
import { basic } from './vocabularies/basic.ts';
import { basicClient } from './vocabularies/basic-client.ts';
import { goClient, goServer } from './vocabularies/go.ts';
import { grpcClient, grpcServer } from './vocabularies/grpc.ts';
import { otelClient, otelServer } from './vocabularies/otel.ts';
import { type ChosenVocabulary, defaultBounds, type VocabularyName, vocabularyNames } from './vocabulary.ts';

export interface Stores {
  readonly server: ServerStore;
  readonly client: ClientStore;
  readonly faults: Faults;
}

/** The user, as words for a message, of a sample name; undefined where it is free. */
type OwnerOf = (sample: string) => string | undefined;

/**
 * The calls of both sides in every vocabulary: by default in those that were chosen, and in any that a scrape asks for.
 *
 * The bounds of the stores are the union of those of the chosen ones. One that was not chosen has only those of its bounds that
 * are among them: exact, but coarser.
 */
export class Vocabularies implements Collector {
  readonly families: Collector['families'];
  readonly #stores: Stores;
  readonly #collectors = new Map<VocabularyName, Collector>();
  /** Of the chosen ones. */
  readonly #bounds: ReadonlyMap<VocabularyName, readonly number[]>;
  #basic: Collector | undefined;

  /** Throws `invalid_option` for metrics that a vocabulary does not have. */
  constructor(chosen: readonly ChosenVocabulary[], stores: Stores) {
    this.#stores = stores;
    this.#bounds = new Map(chosen.map(({ use, buckets }) => [use, buckets]));
    for (const each of chosen) this.#collectors.set(each.use, collectorOf(each, stores));
    this.families = Array.from(this.#collectors.values()).flatMap(({ families }) => families);
  }

  collect(): LiveFamily[] {
    return Array.from(this.#collectors.values()).flatMap((collector) => [...collector.collect()]);
  }

  /**
   * How `Registry.live` is to read collectors for a scrape that asks for these vocabularies in place of the chosen ones; without
   * any as ever. Throws `invalid_option` for a name that is none.
   */
  readerOf(naming: readonly string[], ownerOf: OwnerOf): ((collector: Collector) => Iterable<LiveFamily>) | undefined {
    if (!Array.isArray(naming)) {
      throw new MetricsError('invalid_option', `naming must be an array of vocabularies, not ${quoted(naming)}`);
    }
    if (naming.length === 0) return undefined;
    const families = knownVocabularies(naming).flatMap((name) => this.#collectAs(name, ownerOf));
    return (collector) => (collector === this ? families : collector.collect());
  }

  /** All of `basic` under its plain names, whatever was chosen; its bounds are those that a scrape which asks for it gets. */
  basic(): LiveFamily[] {
    this.#basic ??= collectorOf({ use: 'basic', buckets: this.#boundsOf('basic') }, this.#stores);
    return [...this.#basic.collect()];
  }

  #boundsOf(use: VocabularyName): readonly number[] {
    const { bounds } = this.#stores.server;
    return this.#bounds.get(use) ?? defaultBounds[use].filter((bound) => bounds.includes(bound));
  }

  /** The names of one that was not chosen are not reserved: where another metric has one, that metric is scraped. */
  #collectAs(use: VocabularyName, ownerOf: OwnerOf): LiveFamily[] {
    const known = this.#collectors.get(use);
    if (known !== undefined) return [...known.collect()];
    const { faults } = this.#stores;
    return Array.from(collectorOf({ use, buckets: this.#boundsOf(use) }, this.#stores).collect()).filter(
      ({ name, type }) => {
        const taken = occupiedNames(name, type).find((sample) => ownerOf(sample) !== undefined);
        if (taken === undefined) return true;
        faults.count('scrape', `"${name}" is left out, as the name "${taken}" is in use by ${ownerOf(taken)}`);
        return false;
      },
    );
  }
}

/** The vocabularies of these names in the order of a scrape, each once. Throws `invalid_option` where there is none. */
function knownVocabularies(names: readonly string[]): VocabularyName[] {
  const unknown = names.find((name) => !(vocabularyNames as readonly string[]).includes(name));
  if (unknown === undefined) return vocabularyNames.filter((name) => names.includes(name));
  const known = vocabularyNames.join(', ');
  throw new MetricsError('invalid_option', `naming: there is no vocabulary ${quoted(unknown)}, but ${known}`);
}

function collectorOf(chosen: ChosenVocabulary, stores: Stores): Collector {
  const sides = sidesOf[chosen.use](stores, chosen);
  const families = sides.flatMap((side) => [...side.families]);
  const { use, metrics = families.map(({ name }) => name), namespace, labels = {} } = chosen;
  const hasLabels = Object.keys(labels).length > 0;
  const missing = metrics.find((metric) => !families.some(({ name }) => name === metric));
  if (missing !== undefined) {
    const known = families.map(({ name }) => name).join(', ');
    throw new MetricsError('invalid_option', `naming: "${use}" has no metric ${quoted(missing)}, but ${known}`);
  }
  const isWanted = ({ name }: { readonly name: string }) => metrics.includes(name);
  const nameOf = (name: string) => (namespace === undefined ? name : `${namespace}_${name}`);
  return {
    families: families.filter(isWanted).map(({ name, type }) => ({ name: nameOf(name), type })),
    collect: () =>
      sides
        .flatMap((side) => [...side.collect()])
        .filter(isWanted)
        .map(({ name, series, ...family }) => ({
          ...family,
          name: nameOf(name),
          series: hasLabels ? labelled(series, labels) : series,
        })),
  };
}

type Sides = (stores: Stores, chosen: ChosenVocabulary) => Collector[];

const sidesOf: Readonly<Record<VocabularyName, Sides>> = {
  basic: ({ server, client }, { buckets }) => [basic(server, buckets), basicClient(client, buckets)],
  go: ({ server, client }, options) => [
    goServer(server, options.buckets, options),
    goClient(client, options.buckets, options),
  ],
  grpc: ({ server, client }, { buckets }) => [grpcServer(server, buckets), grpcClient(client, buckets)],
  otel: ({ server, client }, { buckets }) => [otelServer(server, buckets), otelClient(client, buckets)],
};

function* labelled(series: LiveFamily['series'], labels: Readonly<Record<string, string>>): LiveFamily['series'] {
  for (const { key: _key, ...one } of series) yield { ...one, labels: { ...one.labels, ...labels } };
}
