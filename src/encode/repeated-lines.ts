import type { Exemplar, LiveFamily } from '../core/snapshot.ts';
import { Block } from './block.ts';
import { partSize } from './encoding.ts';
import { type Dialect, type LineTaker, linesOf, writeHead } from './lines.ts';

/** A block is full with so many bytes. Each is sent by a write of its own, and a write costs as much as to go through 10 kB. */
const fullBytes = 4 * partSize;

/** A block is not ended before it has so many bytes, unless nothing else can be done. */
const fewestBytes = fullBytes / 4;

/**
 * Writes scrape after scrape of the same families, as `encodeLines` does, in bytes. It keeps the text of the last scrape: where a series
 * is as before, only the digits of the values that have changed are written into a copy of it.
 */
export class RepeatedLines {
  readonly #dialect: Dialect;
  #blocks: readonly Block[] = [];

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** One scrape at a time. */
  *encode(families: Iterable<LiveFamily>): Generator<Uint8Array, void> {
    const taker = new BlockTaker(this.#blocks, this.#dialect);
    // What of it is kept if the scrape is given up: blocks that were not finished are not.
    this.#blocks = taker.blocks;
    for (const family of families) {
      const write = linesOf(family, this.#dialect);
      let hasHead = false;
      for (const series of family.series) {
        if (!hasHead) {
          taker.head = this.#dialect.head(family);
          writeHead(taker.head, taker);
        }
        hasHead = true;
        write(series, taker);
        if (taker.hasReady) yield* taker.takeReady();
      }
    }
    taker.end();
    yield* taker.takeReady();
    if (this.#dialect.end !== '') yield Buffer.from(this.#dialect.end);
  }
}

/** Goes through the blocks of the last scrape along with the series of this one. */
class BlockTaker implements LineTaker {
  /** The head of the family that is written. */
  head = '';
  /** Those of this scrape that are finished. */
  readonly blocks: Block[] = [];
  readonly #dialect: Dialect;
  readonly #known: readonly Block[];
  /** The first of the known blocks that may come. */
  #next = 0;
  #byName: ReadonlyMap<string, readonly number[]> | undefined;
  #block: Block | undefined;
  /** Whether the block before it was full. */
  #isRest = false;
  #ready: Uint8Array[] = [];

  constructor(known: readonly Block[], dialect: Dialect) {
    this.#known = known;
    this.#dialect = dialect;
  }

  begin(name: string, form: number, bounds: readonly number[] | undefined): boolean {
    if (this.#block?.goTo(name, form, bounds) === true) return false;
    // Slow path: a block ends here, or there are other series than before.
    const known = this.#find(name, form, bounds);
    const block = this.#block;
    const isFull = block !== undefined && block.length >= fullBytes;
    if (block === undefined || isFull || (known !== undefined && this.#canEnd(block))) {
      this.end();
      this.#isRest = isFull;
      this.#block = known === undefined ? new Block(this.head, this.#dialect.exemplar) : this.#takeKnown(known);
      if (known !== undefined) return !this.#block.goTo(name, form, bounds);
    }
    this.#block!.add(name, form, bounds);
    return true;
  }

  text(text: string): void {
    this.#block!.text(text);
  }

  value(value: number, format: (value: number) => string, exemplar: Exemplar | undefined): void {
    this.#block!.value(value, format, exemplar);
  }

  /** Ends the last block. */
  end(): void {
    if (this.#block === undefined) return;
    this.#ready.push(this.#block.finish());
    this.blocks.push(this.#block);
    this.#block = undefined;
  }

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  /** The bytes of blocks that have been finished. */
  takeReady(): readonly Uint8Array[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  #takeKnown(index: number): Block {
    this.#next = index + 1;
    const block = this.#known[index]!;
    block.rewind();
    return block;
  }

  /**
   * Whether a block may end where it is, so that a known one goes on. One that is as before may be short, and one that goes on where a block was full:
   * it would else take in the known one, and be full again within it.
   */
  #canEnd(block: Block): boolean {
    return block.isAsBefore || this.#isRest || block.length >= fewestBytes;
  }

  /** The next known block that begins with this item. */
  #find(name: string, form: number, bounds: readonly number[] | undefined): number | undefined {
    const isOf = (index: number) => this.#known[index]?.isOf(this.head, name, form, bounds) === true;
    if (isOf(this.#next)) return this.#next;
    this.#byName ??= indexesByName(this.#known);
    return this.#byName.get(name)?.find((index) => index >= this.#next && isOf(index));
  }
}

function indexesByName(blocks: readonly Block[]): ReadonlyMap<string, readonly number[]> {
  const indexes = new Map<string, number[]>();
  for (const [index, { name }] of blocks.entries()) indexes.set(name, [...(indexes.get(name) ?? []), index]);
  return indexes;
}
