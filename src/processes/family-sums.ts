import type { LiveFamily, MetricType } from '../core/snapshot.ts';
import type { ReadSums } from './call-sums.ts';
import { FamilyView, type OwnLabels } from './family-view.ts';
import type { EntitySum } from './sums.ts';

const withWorker: OwnLabels = (labels, worker) => ({ ...labels, worker: String(worker) });

/** The metrics of all processes that are not calls. What a scrape has made of them is kept for the next one. */
export class FamilySums {
  readonly #sums: ReadSums;
  readonly #ownLabels: OwnLabels;
  readonly #views = new WeakMap<EntitySum, FamilyView>();

  constructor(sums: ReadSums, ownLabels: OwnLabels = withWorker) {
    this.#sums = sums;
    this.#ownLabels = ownLabels;
  }

  /** The user's metrics, of all processes. */
  user(report: (problem: string) => void): LiveFamily[] {
    return Array.from(this.#newestOfEachName(report), (entity) => this.#familyOf(entity));
  }

  /** What the library says of itself, in all processes. */
  library(): LiveFamily[] {
    return Array.from(this.#sums().ofKind('library'), (entity) => this.#familyOf(entity));
  }

  /** What processes say of themselves: each series once for each process, with the label `worker`. */
  process(): LiveFamily[] {
    return Array.from(this.#sums().ofKind('process'), (entity) => this.#familyOf(entity));
  }

  /**
   * The metrics of included registries, in all processes, but for those whose names others have. `isFree` says whether
   * the names of a metric are free.
   */
  included(isFree: (family: LiveFamily) => boolean): LiveFamily[] {
    const families = Array.from(this.#sums().ofKind('included'), (entity) => this.#familyOf(entity));
    return families.filter(isFree);
  }

  /** Processes of two versions may declare a name in two ways: then the later declaration counts. */
  #newestOfEachName(report: (problem: string) => void): Iterable<EntitySum> {
    const entities = new Map<string, EntitySum>();
    for (const entity of this.#sums().ofKind('family')) {
      const [, name = '', type] = entity.key;
      const known = entities.get(name);
      if (known !== undefined) report(`"${name}" is a ${known.key[2]} in one process and a ${type} in another one`);
      if (known === undefined || Number(entity.meta.declared) > Number(known.meta.declared)) entities.set(name, entity);
    }
    return entities.values();
  }

  #familyOf(entity: EntitySum): LiveFamily {
    const [, name = '', type] = entity.key;
    let view = this.#views.get(entity);
    if (view === undefined) {
      view = new FamilyView(entity, this.#ownLabels);
      this.#views.set(entity, view);
    }
    return {
      name,
      type: type as MetricType, // as it was written
      help: String(entity.meta.help),
      ...(entity.meta.isUntyped === true && { isUntyped: true }),
      series: view.series(),
    };
  }
}
