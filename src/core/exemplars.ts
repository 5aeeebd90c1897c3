import type { FaultCounter } from './fault-counter.ts';
import { isLabelName } from './names.ts';
import { printable } from './printable.ts';
import type { Exemplar, Labels } from './snapshot.ts';

/** Most characters that the names and values of an exemplar's labels may have together (OpenMetrics 1.0). */
const maxCharacters = 128;

/** Labels of the trace that the running code is part of, such as `trace_id` and `span_id`; undefined where there is none. */
export type ExemplarSource = () => Readonly<Record<string, string>> | undefined;

/** Makes exemplars. Labels that cannot be those of an exemplar are dropped and counted: they must cost neither a call nor a scrape. */
export class Exemplars {
  readonly #traceLabels: ExemplarSource;
  readonly #faults: FaultCounter<'exemplar'>;
  readonly #wallClock: () => number;

  /** `wallClock` gives seconds since 1970. */
  constructor(
    traceLabels: ExemplarSource,
    faults: FaultCounter<'exemplar'>,
    wallClock: () => number = () => Date.now() / 1000,
  ) {
    this.#traceLabels = traceLabels;
    this.#faults = faults;
    this.#wallClock = wallClock;
  }

  /** The labels of the trace that the caller is part of. Never throws. */
  trace(): Labels | undefined {
    return this.#check(this.#traceLabels);
  }

  /** The exemplar of a value that was observed just now in the caller's trace. Never throws. */
  of(value: number): Exemplar | undefined {
    const labels = this.trace();
    return labels === undefined ? undefined : this.at(labels, value);
  }

  /** The exemplar of a value that was observed just now, with labels that the user gave for it. `metric` is for the warning. */
  given(labels: unknown, value: number, metric: string): Exemplar | undefined {
    const checked = this.#check(() => labels, metric);
    return checked === undefined ? undefined : this.at(checked, value);
  }

  /** The exemplar of a value that was observed just now in this trace. */
  at(labels: Labels, value: number): Exemplar {
    return { labels, value, timestamp: this.#wallClock() };
  }

  /** The labels that `read` returns, if they can be those of an exemplar; a fault otherwise. */
  #check(read: () => unknown, subject?: string): Labels | undefined {
    try {
      const given = read();
      if (given === undefined) return undefined;
      const labels = { ...(given as Record<string, string>) }; // the caller's object may change
      const problem = problemOf(labels);
      if (problem === undefined) return labels;
      this.#faults.count('exemplar', problem, subject);
    } catch (error) {
      this.#faults.count('exemplar', error, subject);
    }
    return undefined;
  }
}

/** Why these cannot be the labels of an exemplar in every format; undefined where they can. */
export function problemOf(labels: Readonly<Record<string, unknown>>): string | undefined {
  let characters = '';
  for (const name in labels) {
    const value = labels[name];
    if (!isLabelName(name)) return `${JSON.stringify(name)} is not a label name`;
    if (typeof value !== 'string') return `the value of an exemplar's ${name} must be text, not ${printable(value)}`;
    characters += name + value;
  }
  if (characters === '') return 'an exemplar needs a label, such as trace_id';
  // Characters of Unicode, not halves of surrogates: those are counted only where it matters.
  if (characters.length <= maxCharacters || Array.from(characters).length <= maxCharacters) return undefined;
  return `the labels of an exemplar may have ${maxCharacters} characters together, not ${characters.length}`;
}
