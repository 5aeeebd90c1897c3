import { everyReader, type Reader } from './problem.ts';

/** Something that is wrong with a line. */
export interface LineFault {
  readonly message: string;
  /** What would be right. */
  readonly remedy: string;
  /** Who refuses the whole exposition for it. */
  readonly refusedBy: readonly Reader[];
  /** A rule of its own, where it has one. */
  readonly rule?: string;
}

/** A line that cannot be read. The message says what is wrong, `remedy` what would be right. */
export class LineError extends Error implements LineFault {
  override readonly name = 'LineError';
  readonly remedy: string;
  readonly refusedBy: readonly Reader[];

  constructor(message: string, remedy: string, refusedBy: readonly Reader[] = everyReader) {
    super(message);
    this.remedy = remedy;
    this.refusedBy = refusedBy;
  }
}

/** The value of a label does not end on its line. It may go on on the next ones, which Prometheus reads. */
export class OpenValueError extends LineError {}
