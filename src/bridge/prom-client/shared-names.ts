import { counterBase, occupiedNames, sampleNames } from '../../core/names.ts';
import type { ForeignHead } from './types.ts';

/** What a scrape does with a metric that shares a name with another one of its registry. */
export interface Settled<Head extends ForeignHead> {
  readonly head: Head;
  /** A counter that OpenMetrics can only have under its whole name, of unknown type. */
  readonly isUntyped: boolean;
}

/**
 * The metrics of one registry that can be in one answer.
 *
 * prom-client lets two metrics have one name in a scrape: a gauge `wait_count` beside a histogram `wait`. Parsers then refuse the whole
 * answer, or mix the two. Here the first metric keeps the name, and the other one is left out.
 *
 * OpenMetrics knows more names: a counter `jobs_total` is the family `jobs`, and nothing else may be called `jobs`, `jobs_created` or,
 * beside a histogram `wait`, `wait_created`. There a counter goes before it is left out: under its whole name and of unknown type
 * it has the same series, and clashes with nothing.
 * Source: https://prometheus.io/docs/specs/om/open_metrics_spec/ ("MUST NOT result in a potential clash"), and the reference
 * parser, which holds to it. Prometheus accepts these answers and drops the second of two equal series.
 */
export function settleNames<Head extends ForeignHead>(
  heads: readonly Head[],
  inOpenMetrics: boolean,
  problem: (name: string, problem: string) => void,
): Settled<Head>[] {
  const samples = new Owners();
  const families = new Owners();
  const kept = heads.filter((head) => {
    const { name, type } = head;
    const shared = samples.claim(head, sampleNames(name, type));
    if (shared === undefined) return true;
    problem(name, `left out, as ${shared}`);
    return false;
  });
  if (!inOpenMetrics) return kept.map((head) => ({ head, isUntyped: false }));

  const readable = kept.filter((head) => {
    const { name, type } = head;
    const shared = families.claim(head, type === 'counter' ? [name] : occupiedNames(name, type));
    if (shared === undefined) return true;
    problem(name, `left out of OpenMetrics, as ${shared}`);
    return false;
  });
  return readable.map((head) => {
    const { name, type } = head;
    if (type !== 'counter' || counterBase(name) === undefined) return { head, isUntyped: false };
    const shared = families.claim(head, occupiedNames(name, type));
    if (shared === undefined) return { head, isUntyped: false };
    problem(name, `of unknown type and without exemplars in OpenMetrics, as ${shared}`);
    return { head, isUntyped: true };
  });
}

/** Names in use, each with the metric that uses it. */
class Owners {
  readonly #owners = new Map<string, ForeignHead>();

  /** Takes all names, or none where another metric has one: then returns which one, as words for a message. */
  claim(head: ForeignHead, names: readonly string[]): string | undefined {
    for (const name of names) {
      const owner = this.#owners.get(name) ?? head;
      if (owner !== head)
        return `the name "${name}" is in use by the ${owner.type} "${owner.name}" of the same registry`;
    }
    for (const name of names) this.#owners.set(name, head);
    return undefined;
  }
}
