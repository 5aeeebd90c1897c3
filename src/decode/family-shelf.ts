import type { Dialect } from './dialect.ts';
import { FamilyDraft } from './family-draft.ts';
import { ownCopy } from './own-copy.ts';
import { SeriesTable } from './series-table.ts';

/** Families that are kept to the end of the exposition. Others end when the next family begins. */
const mostFamilies = 20_000;

/**
 * Finds the family that a name belongs to.
 *
 * It keeps the first families as they are, and some bytes for each of the others, so that an exposition with a million
 * families needs little memory. Of these it knows the type, and whether they had metadata and samples.
 */
export class FamilyShelf {
  readonly #dialect: Dialect;
  readonly #words: readonly string[];
  readonly #onEnd: (family: FamilyDraft) => void;
  /** By the names that the lines have. */
  readonly #families = new Map<string, FamilyDraft>();
  /** By the names of samples that are a part of a histogram or summary. */
  readonly #byPart = new Map<string, FamilyDraft>();
  /** What is known of the families that have ended: see `#end`. */
  readonly #ended = new SeriesTable();
  #current: FamilyDraft | undefined;

  /** `onEnd` takes each family at its end. */
  constructor(dialect: Dialect, onEnd: (family: FamilyDraft) => void) {
    this.#dialect = dialect;
    this.#words = [...dialect.kinds.keys()];
    this.#onEnd = onEnd;
  }

  /** The family that a name belongs to, which from now on is the current one. It is a new family where none is known. */
  enter(name: string): FamilyDraft {
    const family = this.#find(name);
    const last = this.#current;
    this.#current = family;
    if (last !== undefined && last !== family && last.isBrief) this.#end(last);
    return family;
  }

  /** Ends all families. */
  finish(): void {
    for (const family of this.#families.values()) this.#onEnd(family);
  }

  #find(name: string): FamilyDraft {
    const known = this.#families.get(name) ?? this.#byPart.get(name);
    if (known !== undefined) return known;
    const own = ownCopy(name);
    const found = this.#resume(own) ?? this.#whole(own) ?? new FamilyDraft(own, this.#dialect.untyped);
    if (this.#families.size >= mostFamilies && !this.#families.has(found.base)) found.isBrief = true;
    if (found.base !== own) this.#byPart.set(own, found);
    this.#families.set(found.base, found);
    return found;
  }

  /** The family that the name is a part of. */
  #whole(name: string): FamilyDraft | undefined {
    const at = name.lastIndexOf('_');
    if (at === -1) return undefined;
    const base = name.slice(0, at);
    const family = this.#families.get(base) ?? this.#resume(base);
    return family?.kind.parts.includes(name.slice(at)) ? family : undefined;
  }

  #end(family: FamilyDraft): void {
    const { base, word, kind, hasType, help, hasSamples } = family;
    this.#onEnd(family);
    const flags = (hasType ? 4 : 0) + (help ? 2 : 0) + (hasSamples ? 1 : 0);
    this.#ended.set(base, [], this.#words.indexOf(word) * 8 + flags);
    this.#families.delete(base);
    for (const part of kind.parts) this.#byPart.delete(base + part);
  }

  /** A family that has ended, as far as it is known. */
  #resume(base: string): FamilyDraft | undefined {
    const known = this.#ended.get(base, []);
    if (known === undefined) return undefined;
    const word = this.#words[Math.floor(known / 8)];
    const family = new FamilyDraft(base, this.#dialect.kinds.get(word ?? '') ?? this.#dialect.untyped);
    if (word !== undefined) family.word = word;
    family.hasType = (known & 4) !== 0;
    if ((known & 2) !== 0) family.help = 'known before';
    family.isResumed = (known & 1) !== 0;
    return family;
  }
}
