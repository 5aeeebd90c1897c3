import type { Kind } from './dialect.ts';
import type { ExposedFamily } from './exposition.ts';
import { ownCopy } from './own-copy.ts';

/** A family while its lines are read. */
export class FamilyDraft implements ExposedFamily {
  /** As its lines have it: without the suffix that OpenMetrics gives a counter's samples. */
  readonly base: string;
  /** As in its TYPE line. */
  word = 'unknown';
  kind: Kind;
  help: string | undefined = undefined;
  hasType = false;
  size = 0;
  readonly labelNames: Set<string> = new Set();
  /** Whether it was said that another family comes between its lines. */
  isScattered = false;
  /** Whether it ends when the next family begins: there are too many to keep. */
  isBrief = false;
  /** Whether samples of it ended before. Then this is only the rest of it. */
  isResumed = false;

  constructor(base: string, kind: Kind) {
    this.base = base;
    this.kind = kind;
  }

  get type(): ExposedFamily['type'] {
    return this.kind.type;
  }

  get name(): string {
    return this.base.endsWith(this.kind.suffix) ? this.base : this.base + this.kind.suffix;
  }

  get hasSamples(): boolean {
    return this.size > 0 || this.isResumed;
  }

  /** Counts a sample. */
  add(labels: readonly (readonly [name: string, value: string])[]): void {
    this.size += 1;
    for (const [label] of labels) if (!this.labelNames.has(label)) this.labelNames.add(ownCopy(label));
  }
}
