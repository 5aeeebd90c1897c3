import type { FamilyDraft } from '../../../decode/family-draft.ts';
import { labelOf } from '../../../decode/labels.ts';
import { numberOrNaN } from '../../../decode/number.ts';
import type { SampleLine } from '../../../decode/sample-line.ts';

/** Characters of an exemplar's names and values. */
const longestExemplar = 128;

/** What the specification forbids in one line of a sample, whatever is around it. */
export function* sampleFaults(family: FamilyDraft, line: SampleLine): Generator<string> {
  const { base, word, kind } = family;
  const part = line.name.slice(base.length);
  if (!kind.parts.includes(part)) yield `no sample of the ${word} ${base} is named ${line.name}`;
  yield* valueFaults(word, part, line.value);
  yield* labelFaults(family, part, line);
  if (line.exemplarLength === undefined) return;
  const isAllowed = (word === 'counter' && part === '_total') || (part === '_bucket' && word.endsWith('histogram'));
  if (!isAllowed) yield 'only counters and buckets have exemplars';
  if (line.exemplarLength > longestExemplar) yield `an exemplar of more than ${longestExemplar} characters`;
}

function* valueFaults(word: string, part: string, value: number): Generator<string> {
  const isCount = ['_bucket', '_count', '_gcount', '_total'].includes(part) && word !== 'unknown' && word !== 'gauge';
  if (isCount && !(value >= 0)) yield `the count ${value}`;
  else if (isCount && part !== '_total' && !Number.isInteger(value)) yield `the count ${value}, no whole number`;
  if ((part === '_sum' || part === '_gsum') && Number.isNaN(value)) yield 'a sum that is NaN';
  if (part === '_sum' && value < 0) yield 'a sum below 0';
  if (word === 'summary' && part === '' && value < 0) yield 'a quantile below 0';
  if (word === 'info' && value !== 1) yield `an info with the value ${value}, not 1`;
  if (word === 'stateset' && value !== 0 && value !== 1) yield `a state with the value ${value}, neither 0 nor 1`;
}

function* labelFaults({ base, word }: FamilyDraft, part: string, { labels }: SampleLine): Generator<string> {
  if (word === 'stateset' && labelOf(labels, base) === undefined) yield `a state without the label ${base}`;
  if (word !== 'summary' || part !== '') return;
  const quantile = labelOf(labels, 'quantile');
  if (quantile === undefined) yield 'a sample of a summary without the label quantile';
  else if (!(numberOrNaN(quantile) >= 0 && numberOrNaN(quantile) <= 1))
    yield `quantile="${quantile}" is not from 0 to 1`;
}
