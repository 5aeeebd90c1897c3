import type { Problem, Severity } from '../decode/problem.ts';

/** Problems that are alike. */
export interface ProblemKind {
  readonly severity: Severity;
  /** The first few of them. */
  readonly examples: readonly Problem[];
  readonly count: number;
}

/** Of problems that are alike, so many are kept. */
const mostExamples = 100;
/** Characters of what is kept in all: labels may be of any length. */
const mostText = 16e6;
/** Kinds of one rule. Others are one kind. */
const mostKinds = 5000;

/** Problems by kind, in the order in which the kinds were seen. Keeps the first of each, and counts the rest. */
export class ProblemLog {
  readonly #kinds = new Map<string, { severity: Severity; examples: Problem[]; count: number }>();
  #text = 0;

  add(problem: Problem): void {
    const kind = this.#kindOf(problem);
    kind.count += 1;
    const text = problem.subject.length + problem.problem.length;
    if (kind.examples.length > 0 && (kind.examples.length >= mostExamples || this.#text + text > mostText)) return;
    this.#text += text;
    kind.examples.push(problem);
  }

  get kinds(): readonly ProblemKind[] {
    return [...this.#kinds.values()];
  }

  /** A rule and what has it: a family, or a line. */
  #kindOf({ severity, rule, subject }: Problem): { severity: Severity; examples: Problem[]; count: number } {
    const name = subject.slice(0, 200).replace(/\{.*/s, '').replace(/\d+$/, '');
    const key = this.#kinds.size < mostKinds ? `${severity} ${rule} ${name}` : `${severity} ${rule}`;
    const known = this.#kinds.get(`${severity} ${rule} ${name}`) ?? this.#kinds.get(key);
    if (known !== undefined) return known;
    const kind = { severity, examples: [], count: 0 };
    this.#kinds.set(key, kind);
    return kind;
  }
}
