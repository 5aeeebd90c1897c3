import type { Identity, Life } from './identity.ts';
import { connectLifeline } from './lifeline.ts';
import { Lifelines } from './lifelines.ts';
import { Shelf } from './shelf.ts';

/** What `Neighbours` needs. */
export interface NeighboursInput {
  /** Whether others live, as far as the system says so. */
  readonly lifeOf: (other: Identity) => Life;
  /** Called once for each book that cannot be read. */
  readonly failed: (error: unknown) => void;
}

/** The processes of one generation, as this process sees them: their books, and whether they live. */
export class Neighbours {
  readonly shelf: Shelf;
  readonly #lifelines: Lifelines;

  constructor(folder: string, { lifeOf, failed }: NeighboursInput) {
    this.#lifelines = new Lifelines(folder, lifeOf);
    this.shelf = new Shelf(folder, { lifeOf: this.lifeOf, refused: (_name, error) => failed(error) });
  }

  /** Whether a process lives, as far as that is known. */
  readonly lifeOf = (other: Identity): Life => this.#lifelines.lifeOf(other);

  /** Reads all books, and looks who lives. `ownName` is that of the process's own book. */
  look(ownName: string): void {
    this.shelf.refresh();
    const writers = this.shelf.processes.map(({ file }) => file.writer);
    this.#lifelines.follow(writers.filter(({ name }) => name !== ownName));
  }

  /** Calls `lost` when the process with a book of this name may be gone. Returns a function that stops it. */
  watch(name: string, lost: () => void): () => void {
    return connectLifeline(this.shelf.folder, name, { lost });
  }

  /** Ends the connections to others. */
  disconnect(): void {
    this.#lifelines.close();
  }

  close(): void {
    this.disconnect();
    this.shelf.close();
  }
}
