import { MetricsError } from './errors.ts';
import { occupiedNames } from './names.ts';
import type { MetricType } from './snapshot.ts';

/** A registry of another library that shares scrapes with ours. */
export interface Neighbour {
  /** The owner of this sample name there, as words for a message; undefined where the name is free. */
  ownerOf(sample: string): string | undefined;
  /** Called after each metric that was added. */
  added(): void;
}

/** The sample names in use, each by one metric of ours or of a neighbour. */
export class NameOwners {
  /** Every sample name of ours, and the metric that uses it. */
  readonly #owners = new Map<string, string>();
  readonly #neighbours = new Set<Neighbour>();

  /** From now on the neighbour's names cannot be claimed. */
  join(neighbour: Neighbour): void {
    this.#neighbours.add(neighbour);
  }

  /** The metric of ours that uses this sample name. */
  ownerOf(sample: string): string | undefined {
    return this.#owners.get(sample);
  }

  /** Takes all sample names of a metric. Throws `metric_conflict`, and takes none, where one is in use. */
  claim(name: string, type: MetricType): void {
    const names = occupiedNames(name, type);
    for (const sample of names) {
      const owner = this.#anyOwnerOf(sample);
      if (owner === undefined) continue;
      const remedy = `the name "${sample}" is in use by ${owner}: choose another name`;
      throw new MetricsError('metric_conflict', `${type} "${name}" cannot be declared: ${remedy}`);
    }
    for (const sample of names) this.#owners.set(sample, name);
  }

  /** Informs the neighbours of a metric that was added. */
  announce(): void {
    for (const neighbour of this.#neighbours) neighbour.added();
  }

  #anyOwnerOf(sample: string): string | undefined {
    const own = this.#owners.get(sample);
    if (own !== undefined) return `"${own}"`;
    for (const neighbour of this.#neighbours) {
      const owner = neighbour.ownerOf(sample);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }
}
