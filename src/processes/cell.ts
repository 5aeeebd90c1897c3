/**
 * A cell as a reader has it: the last content that was read whole.
 *
 * A copy is whole if the cell named it before and after it was read: the writer begins to write it again only when the cell has named the other one.
 */
export class ReadCell {
  readonly at: number;
  readonly capacity: number;
  /** Undefined before the first. */
  content: Float64Array | undefined;
  sequence = 0;
  /** What was made of the content, by whoever reads it. */
  reading: unknown = undefined;

  constructor(at: number, capacity: number, content: Float64Array | undefined) {
    this.at = at;
    this.capacity = capacity;
    this.content = content;
  }

  accept(content: Float64Array, sequence: number): void {
    this.content = content;
    this.reading = undefined;
    this.sequence = sequence;
  }
}
