import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BookFile } from './book-file.ts';
import { FoldedCounts } from './folded-counts.ts';
import type { Writer } from './layout.ts';
import { retiredNumber, retiredPrefix } from './shelf.ts';

/** How often the retired sum is looked for where folds replace it meanwhile. */
const mostAttempts = 100;

/** Follows what others fold of this process although it lives, so that no count is in the sum twice. */
export class OwnFolds {
  readonly #firstName: string;
  /** The name of the next book. A book that was folded has used its name up. */
  name: string;
  /** What the retired sum has of this process. */
  counts: FoldedCounts = new FoldedCounts();
  #folds = 0;
  /** When the generation began whose sum has `counts`. */
  #generation: number | undefined;

  constructor(name: string) {
    this.#firstName = name;
    this.name = name;
  }

  /**
   * Looks up in the retired sum of `folder` what this process has to leave out of its next book there.
   *
   * `readLast` returns the last book as it was written. It stands for the state that was folded where that is no longer there.
   * Throws what `fs` throws.
   */
  update(folder: string, readLast: () => BookFile): void {
    const { created, folded = [], states = [] } = newestRetired(folder);
    if (created !== this.#generation) {
      this.counts = new FoldedCounts();
      this.#generation = created;
    }
    if (!folded.includes(this.name)) return;
    const state = states.find((name) => name.endsWith(`.${this.name}`));
    const file = (state === undefined ? undefined : openIfThere(join(folder, state))) ?? readLast();
    this.counts.add(file);
    file.close();
    this.#folds += 1;
    this.name = `${this.#firstName}-${this.#folds}`;
  }
}

function newestRetired(folder: string): Writer {
  for (let attempt = 1; ; attempt += 1) {
    const number = Math.max(-1, ...readdirSync(folder).map(retiredNumber));
    try {
      const file = new BookFile(join(folder, `${retiredPrefix}${number}`));
      file.close();
      return file.writer;
    } catch (error) {
      const wasReplaced = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!wasReplaced || attempt === mostAttempts) throw error;
    }
  }
}

function openIfThere(path: string): BookFile | undefined {
  try {
    return new BookFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
