import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Dialect, type Kind, remedyOfName, textFormat } from './dialect.ts';
import { type ExposedFamily, type Exposition, type Sample, seriesKey } from './exposition.ts';
import { lineBlocks } from './line-blocks.ts';
import type { Problem } from './problem.ts';
import {
  formatSeries,
  type LabelPairs,
  LineError,
  labelOf,
  metricName,
  numberOrNaN,
  type TextPool,
} from './sample-line.ts';

/**
 * Reads an exposition to its end, whatever is wrong with single lines.
 *
 * The event loop runs between blocks of lines, so that a large exposition blocks it for some milliseconds at a time.
 * Rejects when the signal is aborted.
 */
export async function readExposition(
  bytes: Uint8Array,
  dialect: Dialect = textFormat,
  signal?: AbortSignal,
): Promise<Exposition> {
  const reader = new Reader(dialect);
  for (const lines of lineBlocks(bytes)) {
    const last = lines.pop()!;
    for (const line of lines) reader.read(line);
    if (last !== '') {
      reader.read(last);
      if (last !== end) reader.fault('the last line does not end', 'end every line with \\n');
    }
    await nextTurn(undefined, { signal });
  }
  return reader.finish();
}

/** The last line of OpenMetrics, of which it alone need not end. */
const end = '# EOF';

type Draft = { -readonly [Field in keyof ExposedFamily]: ExposedFamily[Field] } & {
  samples: Sample[];
  /** As in its TYPE line. */
  word: string;
  kind: Kind;
};

class Reader {
  /** By the names that the lines have. */
  readonly families = new Map<string, Draft>();
  readonly problems: Problem[] = [];
  readonly #dialect: Dialect;
  #hasEnded = false;
  readonly #pool: TextPool = new Map();
  readonly #seen = new Map<string, number>();
  readonly #scattered = new Set<Draft>();
  #current: Draft | undefined;
  #line = 0;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  read(line: string): void {
    this.#line += 1;
    const { metadata, isStrict } = this.#dialect;
    try {
      if (this.#hasEnded) throw new LineError('it is after # EOF', 'write # EOF once, as the last line');
      if (line.includes('\uFFFD')) throw new LineError('it is not UTF-8', 'encode the exposition as UTF-8');
      const found = metadata.exec(line);
      if (found?.[2]) this.#comment(found[1]!, found[2], found[3] ?? '');
      else if (isStrict && line === end) this.#hasEnded = true;
      else if (isStrict && /^[ \t]*(#|$)/.test(line)) {
        throw new LineError(
          'neither metadata nor a sample',
          'OpenMetrics has only # HELP, # TYPE, # UNIT and # EOF: leave the line out',
        );
      } else if (!/^[ \t]*(#|$)/.test(line)) this.#sample(line);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      this.fault(error.message, error.remedy);
    }
  }

  /** The families by the names of their series. */
  finish(): Exposition {
    if (this.#dialect.isStrict && !this.#hasEnded) {
      this.#report(
        'no_eof',
        'exposition',
        'it does not end with # EOF',
        'was it cut off? # EOF has to be its last line',
      );
    }
    const families = new Map<string, ExposedFamily>();
    for (const { kind, word: _word, ...family } of this.families.values()) {
      const whole = family.name.endsWith(kind.suffix) ? family.name : family.name + kind.suffix;
      const name = this.families.has(whole) ? family.name : whole;
      families.set(name, { ...family, name });
    }
    return { families, problems: this.problems };
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
    else if (kind === 'UNIT') this.#unit(family, text);
    else if (family.hasType) {
      this.#report('type_twice', family.name, 'a second TYPE line', 'write TYPE once, before the samples');
    } else if (family.samples.length > 0) {
      this.#report('type_after_samples', family.name, 'TYPE after samples', 'write TYPE before the first sample');
    } else this.#type(family, text);
  }

  #type(family: Draft, text: string): void {
    const { kinds, isStrict } = this.#dialect;
    const word = isStrict ? text : text.toLowerCase();
    const kind = kinds.get(word);
    if (kind === undefined) {
      throw new LineError(`${JSON.stringify(text)} is no metric type`, `write one of ${[...kinds.keys()].join(', ')}`);
    }
    Object.assign(family, { word, kind, type: kind.type, hasType: true });
  }

  #unit({ name }: Draft, unit: string): void {
    if (unit === '' || name.endsWith(`_${unit}`)) return;
    const remedy = `name it ${name}_${unit}, or leave the UNIT line out`;
    this.#report('unit_not_in_name', name, `its unit ${unit} is not the end of its name`, remedy);
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
    family.help = this.#dialect.readHelp(text);
  }

  #sample(line: string): void {
    const { name, labels, value, timestamp, hasExemplar = false } = this.#dialect.readSample(line, this.#pool);
    const family = this.#enter(name);
    checkPart(family, name, labels);
    const part = name.slice(family.name.length);
    if (hasExemplar && !['_total', '_bucket'].includes(part)) {
      const remedy = 'only counters and buckets have them: leave it out';
      this.#report('stray_exemplar', formatSeries(name, labels), 'it has an exemplar', remedy);
    }
    const key = seriesKey(name, labels);
    const moment = timestamp === undefined ? key : `${key} ${timestamp}`;
    const first = this.#seen.get(moment);
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
    this.#seen.set(moment, this.#line);
    // When the series began, not what it counts.
    if (part !== '_created' || !family.kind.parts.includes(part))
      family.samples.push({ name, labels, key, value, line: this.#line });
    const remedy = this.#dialect.isStrict ? remedyOfName(name, family.name, family.word, family.kind) : undefined;
    if (remedy !== undefined) {
      this.#report('wrong_sample_name', name, `it is no sample of the ${family.word} ${family.name}`, remedy);
    }
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
        this.#dialect.isStrict ? 'error' : 'warning',
      );
    }
    this.#current = family;
    return family;
  }

  #familyOf(name: string): Draft {
    const known = this.families.get(name) ?? this.#whole(name);
    if (known !== undefined) return known;
    const kind = this.#dialect.untyped;
    const family: Draft = {
      name,
      type: kind.type,
      help: undefined,
      hasType: false,
      samples: [],
      word: 'unknown',
      kind,
    };
    this.families.set(name, family);
    return family;
  }

  /** The family that the name is a part of. */
  #whole(name: string): Draft | undefined {
    const [, base = '', part = ''] = /^(.*)(_[a-z]+)$/.exec(name) ?? [];
    const family = this.families.get(base);
    return family?.kind.parts.includes(part) ? family : undefined;
  }
}

/** What a histogram's and a summary's parts must have to be read as such. */
function checkPart({ name: base, type }: ExposedFamily, name: string, labels: LabelPairs): void {
  const isBucket = type === 'histogram' && name === `${base}_bucket`;
  if (!isBucket && !(type === 'summary' && name === base)) return;
  const label = isBucket ? 'le' : 'quantile';
  const value = labelOf(labels, label);
  if (value === undefined) return;
  const number = numberOrNaN(value);
  if (Number.isNaN(number)) {
    throw new LineError(
      `${label}=${JSON.stringify(value)} is no number`,
      label === 'le' ? 'write the upper bound, or +Inf' : 'write a number from 0 to 1',
    );
  }
}
