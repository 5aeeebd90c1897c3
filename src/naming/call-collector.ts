import { didYouMean } from '../core/check-keys.ts';
import { ConstantLabels } from '../core/constant-labels.ts';
import { MetricsError } from '../core/errors.ts';
import { occupiedNames } from '../core/names.ts';
import { quoted } from '../core/printable.ts';
import type { Collector } from '../core/registry.ts';
import type { LiveFamily } from '../core/snapshot.ts';
import type { Faults } from '../rpc/faults.ts';
import { MethodBounds } from '../rpc/methods/method-bounds.ts';
import type { ClientNumbers, ServerNumbers } from '../rpc/store-numbers.ts';
import { type ChosenVocabulary, listNames } from './choice.ts';
import { allVocabularies } from './vocabularies/all.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface Stores {
  readonly server: ServerNumbers;
  readonly client: ClientNumbers;
  readonly faults: Faults;
}

/** The user, as words for a message, of a sample name; undefined where it is free. */
type OwnerOf = (sample: string) => string | undefined;

/**
 * Collects the calls of both sides: by default in the chosen vocabularies, for a scrape in any that it asks for.
 *
 * The bounds of the stores are the union of the bounds of the chosen vocabularies. A vocabulary that was not chosen has only
 * those of its bounds that are among them: exact, but coarser. A method with bounds of its own has all that are recorded.
 */
export class CallCollector implements Collector {
  readonly families: Collector['families'];
  readonly #stores: Stores;
  readonly #vocabularies: readonly Vocabulary[];
  readonly #chosen = new Map<Vocabulary, { readonly bounds: MethodBounds; readonly collector: Collector }>();
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

  #boundsOf(vocabulary: Vocabulary): MethodBounds {
    const { common, own } = this.#stores.server.bounds;
    const chosen = this.#chosen.get(vocabulary)?.bounds;
    return (
      chosen ??
      new MethodBounds(
        vocabulary.bounds.filter((bound) => common.includes(bound)),
        own,
      )
    );
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
  const isWanted = wanted(chosen, families);
  const constant = new ConstantLabels(constantLabels);
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

type Named = Collector['families'][number];

/** Returns whether a family of a vocabulary is exposed. Throws `invalid_option` for metrics that it does not have, and if none is left. */
function wanted(
  { vocabulary, metrics, without = [], histograms = true }: ChosenVocabulary,
  families: readonly Named[],
): (family: Named) => boolean {
  const known = families.map(({ name }) => name);
  const missing = [...(metrics ?? []), ...without].find((metric) => !known.includes(metric));
  if (missing !== undefined) {
    const problem = `naming: "${vocabulary.name}" has no metric ${quoted(missing)}, ${meant(missing, known)}`;
    throw new MetricsError('invalid_option', problem);
  }
  const isWanted = ({ name, type }: Named) =>
    metrics?.includes(name) !== false && !without.includes(name) && (histograms || type !== 'histogram');
  if (families.some(isWanted)) return isWanted;
  throw new MetricsError('invalid_option', `naming: no metric of "${vocabulary.name}" is left: leave it out`);
}

function meant(name: unknown, known: readonly string[]): string {
  const nearest = typeof name === 'string' ? didYouMean(name, known) : undefined;
  return nearest === undefined ? `but ${known.join(', ')}` : `did you mean ${quoted(nearest)}?`;
}
