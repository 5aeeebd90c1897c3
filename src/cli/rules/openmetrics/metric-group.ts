import type { FamilyDraft } from '../../../decode/family-draft.ts';
import { type LabelPairs, labelOf } from '../../../decode/labels.ts';
import { numberOrNaN } from '../../../decode/number.ts';
import type { SampleLine } from '../../../decode/sample-line.ts';

/** Labels that tell the lines of one metric apart. */
export function ownLabel({ word, base }: FamilyDraft): string | undefined {
  if (word === 'histogram' || word === 'gaugehistogram') return 'le';
  if (word === 'summary') return 'quantile';
  return word === 'stateset' ? base : undefined;
}

/** The lines of one metric, one after the other: all of one histogram, or the samples of one gauge at several times. */
export class MetricGroup {
  readonly #family: FamilyDraft;
  /** Labels of the metric, without those of its parts. */
  readonly labels: LabelPairs;
  #last: SampleLine | undefined;
  #bound = -Infinity;
  /** The value of the last bucket. */
  #inBucket = 0;
  #hasBuckets = false;
  #hasNegativeBound = false;
  readonly #totals = new Map<string, number>();

  constructor(family: FamilyDraft, labels: LabelPairs) {
    this.#family = family;
    this.labels = labels;
  }

  /** What is wrong with the next line, after those before it. */
  *add(line: SampleLine): Generator<string> {
    yield* this.#time(line);
    this.#last = line;
    const part = line.name.slice(this.#family.base.length);
    if (part === '_bucket' && ownLabel(this.#family) === 'le') yield* this.#bucket(line);
    else this.#totals.set(part, line.value);
  }

  /** What is wrong with the whole. */
  *finish(): Generator<string> {
    const { word } = this.#family;
    if (word !== 'histogram' && word !== 'gaugehistogram') return;
    const [count, sum] = word === 'histogram' ? ['_count', '_sum'] : ['_gcount', '_gsum'];
    const [hasCount, hasSum] = [this.#totals.has(count), this.#totals.has(sum)];
    if (this.#bound !== Infinity) yield 'no bucket le="+Inf"';
    if (word === 'gaugehistogram' && hasCount && this.#totals.get(count) !== this.#inBucket)
      yield `${count} is not the bucket le="+Inf"`;
    if (hasSum && !hasCount) yield `${sum} without ${count}`;
    if (hasCount && !hasSum && !(word === 'histogram' && this.#hasNegativeBound)) yield `${count} without ${sum}`;
    if (word === 'histogram' && hasSum && this.#hasNegativeBound) yield `${sum} beside a bound below 0`;
    if ((this.#totals.get(sum) ?? 0) < 0 && !this.#hasNegativeBound) yield `${sum} below 0, and no bound`;
  }

  *#time({ timestamp }: SampleLine): Generator<string> {
    const last = this.#last;
    if (last === undefined) return;
    if ((last.timestamp === undefined) !== (timestamp === undefined)) yield 'some of its samples have a time';
    else if (timestamp !== undefined && timestamp < last.timestamp! && this.#family.word !== 'info')
      yield 'its times go backwards';
  }

  *#bucket({ labels, value }: SampleLine): Generator<string> {
    const text = labelOf(labels, 'le');
    if (text === undefined) {
      yield 'a bucket without le';
      return;
    }
    const bound = numberOrNaN(text);
    if (bound === Infinity && text !== '+Inf') yield `le="${text}" is not written +Inf`;
    if (this.#hasBuckets && !(bound > this.#bound)) yield 'its buckets are not sorted by le';
    // Of histograms, every check says so.
    if (this.#hasBuckets && value < this.#inBucket && this.#family.word === 'gaugehistogram')
      yield 'its buckets are not cumulative';
    if (bound < 0) this.#hasNegativeBound = true;
    this.#inBucket = value;
    this.#hasBuckets = true;
    this.#bound = bound;
  }
}
