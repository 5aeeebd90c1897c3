import type { Problem } from '../problem.ts';
import {
  formatSeries,
  type LabelPairs,
  LineError,
  metricName,
  readSampleLine,
  readValue,
  unescapeText,
} from './sample-line.ts';

type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

/** One sample of a family. */
export interface Sample {
  /** With the suffix of a histogram's or summary's part. */
  readonly name: string;
  readonly labels: LabelPairs;
  readonly value: number;
  /** From 1. */
  readonly line: number;
}

/** What an exposition says of one metric. */
export interface ExposedFamily {
  readonly name: string;
  /** `untyped` where no TYPE line says more. */
  readonly type: FamilyType;
  /** '' for a HELP line without text, undefined without such a line. */
  readonly help: string | undefined;
  readonly hasType: boolean;
  readonly samples: readonly Sample[];
}

/** An exposition in the text format 0.0.4: what could be read of it, and what is wrong with its form. */
export interface Exposition {
  readonly families: ReadonlyMap<string, ExposedFamily>;
  readonly problems: readonly Problem[];
}

/** Reads an exposition to its end, whatever is wrong with single lines. */
export function readExposition(bytes: Uint8Array): Exposition {
  const reader = new Reader();
  const lines = splitLines(bytes);
  const last = lines.pop()!;
  for (const line of lines) reader.read(line);
  if (last !== '') {
    reader.read(last);
    reader.fault('the last line does not end', 'end every line with \\n');
  }
  return reader;
}

/** The samples of this name, which may be a histogram's or summary's part. */
export function samplesOf(families: Exposition['families'], name: string): readonly Sample[] {
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));
  return family?.samples.filter((sample) => sample.name === name) ?? [];
}

/** The label set without its order: equal for equal series. */
export function seriesKey(name: string, labels: LabelPairs): string {
  return formatSeries(
    name,
    labels.toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const types: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const comment = /^[ \t]*#[ \t]*(HELP|TYPE)(?:[ \t]+([^ \t]*)[ \t]*(.*))?$/s;

type Draft = { -readonly [Field in keyof ExposedFamily]: ExposedFamily[Field] } & { samples: Sample[] };

class Reader implements Exposition {
  readonly families = new Map<string, Draft>();
  readonly problems: Problem[] = [];
  readonly #seen = new Map<string, number>();
  readonly #scattered = new Set<Draft>();
  #current: Draft | undefined;
  #line = 0;

  read(line: string): void {
    this.#line += 1;
    try {
      if (/^[ \t]*$/.test(line)) return;
      if (line.includes('\uFFFD')) throw new LineError('it is not UTF-8', 'encode the exposition as UTF-8');
      const found = comment.exec(line);
      if (found?.[2]) this.#comment(found[1]!, found[2], found[3]!);
      else if (!/^[ \t]*#/.test(line)) this.#sample(line);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      this.fault(error.message, error.remedy);
    }
  }

  fault(problem: string, remedy: string): void {
    this.#report('malformed_line', `line ${this.#line}`, problem, remedy);
  }

  #report(
    rule: string,
    subject: string,
    problem: string,
    remedy: string,
    severity: 'error' | 'warning' = 'error',
  ): void {
    this.problems.push({ severity, rule, subject, line: this.#line, problem, remedy });
  }

  #comment(kind: string, name: string, text: string): void {
    metricName.lastIndex = 0;
    if (metricName.exec(name)?.[0] !== name)
      throw new LineError(`${JSON.stringify(name)} is no metric name`, 'name the metric');
    // A TYPE without a type says nothing.
    if (kind === 'TYPE' && text === '') return;
    const family = this.#enter(name);
    if (kind === 'HELP') this.#help(family, text);
    else if (family.hasType) {
      this.#report('type_twice', family.name, 'a second TYPE line', 'write TYPE once, before the samples');
    } else if (family.samples.length > 0) {
      this.#report('type_after_samples', family.name, 'TYPE after samples', 'write TYPE before the first sample');
    } else this.#type(family, text);
  }

  #type(family: Draft, text: string): void {
    const type = text.toLowerCase();
    if (!types.includes(type)) {
      throw new LineError(`${JSON.stringify(text)} is no metric type`, `write one of ${types.join(', ')}`);
    }
    family.type = type as FamilyType; // it is in `types`
    family.hasType = true;
  }

  #help(family: Draft, text: string): void {
    if (family.help !== undefined) {
      this.#report('help_twice', family.name, 'a second HELP line', 'write HELP once, before the samples');
      return;
    }
    if (family.samples.length > 0) {
      const remedy = 'write HELP before the first sample';
      this.#report('help_after_samples', family.name, 'HELP after samples', remedy, 'warning');
    }
    family.help = unescapeText(text, false);
  }

  #sample(line: string): void {
    const { name, labels, value, timestamp } = readSampleLine(line);
    const family = this.#enter(name);
    checkPart(family, name, labels);
    const key = `${seriesKey(name, labels)} ${timestamp ?? ''}`;
    const first = this.#seen.get(key);
    if (first !== undefined) {
      const subject = formatSeries(name, labels);
      this.#report(
        'duplicate_series',
        subject,
        `it is on line ${first} already`,
        'expose each series once: Prometheus drops the others',
      );
      return;
    }
    this.#seen.set(key, this.#line);
    family.samples.push({ name, labels, value, line: this.#line });
  }

  /** The family that a name belongs to, which from now on is the one that is being written. */
  #enter(name: string): Draft {
    const family = this.#familyOf(name);
    if (family !== this.#current && family.samples.length > 0 && !this.#scattered.has(family)) {
      this.#scattered.add(family);
      this.#report(
        'scattered_family',
        family.name,
        'its lines are not in one group',
        'write all lines of a metric together',
        'warning',
      );
    }
    this.#current = family;
    return family;
  }

  #familyOf(name: string): Draft {
    const known = this.families.get(name) ?? this.#whole(name);
    if (known !== undefined) return known;
    const family: Draft = { name, type: 'untyped', help: undefined, hasType: false, samples: [] };
    this.families.set(name, family);
    return family;
  }

  /** The histogram or summary that the name is a part of. */
  #whole(name: string): Draft | undefined {
    const [, base, part] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
    const family = base === undefined ? undefined : this.families.get(base);
    if (family?.type === 'histogram' || (family?.type === 'summary' && part !== 'bucket')) return family;
    return undefined;
  }
}

/** What a histogram's and a summary's parts must have to be read as such. */
function checkPart({ name: base, type }: ExposedFamily, name: string, labels: LabelPairs): void {
  const label =
    type === 'histogram' && name === `${base}_bucket`
      ? 'le'
      : type === 'summary' && name === base
        ? 'quantile'
        : undefined;
  const value = labels.find(([other]) => other === label)?.[1];
  if (value === undefined) return;
  try {
    readValue(value);
  } catch {
    throw new LineError(
      `${label}=${JSON.stringify(value)} is no number`,
      label === 'le' ? 'write the upper bound, or +Inf' : 'write a number from 0 to 1',
    );
  }
}

/** Decoded line by line, since text that is not UTF-8 is to be found again. What a line's end makes of it is the last element. */
function splitLines(bytes: Uint8Array): string[] {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(bytes)
      .replaceAll('\uFFFD', '?')
      .split('\n');
  } catch {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\n');
  }
}
