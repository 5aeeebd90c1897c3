import { ConstantLabels } from '../core/constant-labels.ts';
import { MetricsError } from '../core/errors.ts';
import { occupiedNames } from '../core/names.ts';
import { quoted } from '../core/printable.ts';
import type { Collector } from '../core/registry.ts';
import type { LiveFamily } from '../core/snapshot.ts';
import type { ClientStore } from '../rpc/client-store.ts';
import type { Faults } from '../rpc/faults.ts';
import type { ServerStore } from '../rpc/server-store.ts';
import { type ChosenVocabulary, listNames } from './choice.ts';
import { allVocabularies } from './vocabularies/all.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface Stores {
  readonly server: ServerStore;
  readonly client: ClientStore;
  readonly faults: Faults;
}

/** The user, as words for a message, of a sample name; undefined where it is free. */
type OwnerOf = (sample: string) => string | undefined;

/**
 * Collects the calls of both sides: by default in the chosen vocabularies, for a scrape in any that it asks for.
 *
 * The bounds of the stores are the union of the bounds of the chosen vocabularies. A vocabulary that was not chosen has only
 * those of its bounds that are among them: exact, but coarser.
 */
export class CallCollector implements Collector {
  readonly families: Collector['families'];
  readonly #stores: Stores;
  readonly #vocabularies: readonly Vocabulary[];
  readonly #chosen = new Map<Vocabulary, { readonly bounds: readonly number[]; readonly collector: Collector }>();
  readonly #plain = new Map<Vocabulary, Collector>();

  /** Throws `invalid_option` for metrics that a vocabulary does not have. */
  constructor(
    chosen: readonly ChosenVocabulary[],
    stores: Stores,
    vocabularies: readonly Vocabulary[] = allVocabularies,
  ) {
    this.#stores = stores;
    this.#vocabularies = vocabularies;
    for (const each of chosen) {
      this.#chosen.set(each.vocabulary, { bounds: each.bounds, collector: collectorOf(each, stores) });
    }
    this.families = Array.from(this.#chosen.values()).flatMap(({ collector }) => collector.families);
  }

  collect(): LiveFamily[] {
    return Array.from(this.#chosen.values()).flatMap(({ collector }) => [...collector.collect()]);
  }

  /**
   * Returns how `Registry.live` reads collectors for a scrape that asks for these vocabularies instead of the chosen ones;
   * undefined where it asks for none. Throws `invalid_option` for a name that no vocabulary has.
   */
  readerOf(naming: readonly string[], ownerOf: OwnerOf): ((collector: Collector) => Iterable<LiveFamily>) | undefined {
    if (!Array.isArray(naming)) {
      throw new MetricsError('invalid_option', `naming must be an array of vocabularies, not ${quoted(naming)}`);
    }
    if (naming.length === 0) return undefined;
    const families = this.#find(naming).flatMap((vocabulary) => this.#collectAs(vocabulary, ownerOf));
    return (collector) => (collector === this ? families : collector.collect());
  }

  /** All of a vocabulary under its plain names, whatever was chosen, with the bounds that a scrape of it has. */
  collectPlain(vocabulary: Vocabulary): LiveFamily[] {
    let collector = this.#plain.get(vocabulary);
    if (collector === undefined) {
      collector = collectorOf({ vocabulary, bounds: this.#boundsOf(vocabulary) }, this.#stores);
      this.#plain.set(vocabulary, collector);
    }
    return [...collector.collect()];
  }

  /** The vocabularies of these names in the order of a scrape, each once. */
  #find(names: readonly string[]): Vocabulary[] {
    const unknown = names.find((name) => !this.#vocabularies.some((vocabulary) => vocabulary.name === name));
    if (unknown === undefined) return this.#vocabularies.filter(({ name }) => names.includes(name));
    const known = listNames(this.#vocabularies);
    throw new MetricsError('invalid_option', `naming: there is no vocabulary ${quoted(unknown)}, but ${known}`);
  }

  #boundsOf(vocabulary: Vocabulary): readonly number[] {
    const recorded = this.#stores.server.bounds;
    return this.#chosen.get(vocabulary)?.bounds ?? vocabulary.bounds.filter((bound) => recorded.includes(bound));
  }

  /** The names of a vocabulary that was not chosen are not reserved. Where another metric has one, that metric is scraped. */
  #collectAs(vocabulary: Vocabulary, ownerOf: OwnerOf): LiveFamily[] {
    const known = this.#chosen.get(vocabulary);
    if (known !== undefined) return [...known.collector.collect()];
    return this.collectPlain(vocabulary).filter(({ name, type }) => {
      const taken = occupiedNames(name, type).find((sample) => ownerOf(sample) !== undefined);
      if (taken === undefined) return true;
      const problem = `"${name}" is left out, as the name "${taken}" is in use by ${ownerOf(taken)}`;
      this.#stores.faults.count('scrape', problem);
      return false;
    });
  }
}

/** Collects a vocabulary with its options. Throws `invalid_option` for metrics that it does not have. */
function collectorOf(chosen: ChosenVocabulary, { server, client }: Stores): Collector {
  const { vocabulary, namespace, constantLabels = {} } = chosen;
  const sides = [vocabulary.server.project(server, chosen), vocabulary.client.project(client, chosen)];
  const families = sides.flatMap((side) => [...side.families]);
  const { metrics = families.map(({ name }) => name) } = chosen;
  const constant = new ConstantLabels(constantLabels);
  const missing = metrics.find((metric) => !families.some(({ name }) => name === metric));
  if (missing !== undefined) {
    const known = families.map(({ name }) => name).join(', ');
    const problem = `naming: "${vocabulary.name}" has no metric ${quoted(missing)}, but ${known}`;
    throw new MetricsError('invalid_option', problem);
  }
  const isWanted = ({ name }: { readonly name: string }) => metrics.includes(name);
  const nameOf = (name: string) => (namespace === undefined ? name : `${namespace}_${name}`);
  return {
    families: families.filter(isWanted).map(({ name, type }) => ({ name: nameOf(name), type })),
    collect: () =>
      constant.addTo(
        sides
          .flatMap((side) => [...side.collect()])
          .filter(isWanted)
          .map((family) => ({ ...family, name: nameOf(family.name) })),
      ),
  };
}
