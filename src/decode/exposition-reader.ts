import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Dialect, textFormat } from './dialect.ts';
import { type ExposedFamily, type Exposition, type KeptFamily, type KeptSample, seriesKey } from './exposition.ts';
import type { FamilyDraft } from './family-draft.ts';
import { FamilyReader, type Sink } from './family-reader.ts';
import { LineReader } from './line-reader.ts';
import { readLines } from './lines.ts';
import { ownCopy } from './own-copy.ts';
import type { Problem } from './problem.ts';

/** The bytes of an exposition, whole or in pieces. */
export type ExpositionSource = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Reads an exposition to its end, whatever is wrong with single lines, and gives each sample, family and problem to the sink.
 * Keeps some bytes for each series.
 *
 * The event loop runs between blocks of lines, so that a large exposition blocks it for some milliseconds at a time.
 * Rejects when the signal is aborted.
 */
export async function streamExposition(
  source: ExpositionSource,
  dialect: Dialect,
  sink: Sink,
  signal?: AbortSignal,
): Promise<void> {
  const families = new FamilyReader(dialect, sink);
  const lines = new LineReader(dialect, families, sink);
  for await (const block of readLines(source instanceof Uint8Array ? [source] : source)) {
    if (!lines.read(block)) break;
    await nextTurn(undefined, { signal });
  }
  lines.finish();
  families.finish();
}

/** Every field has a default; the default is in the signature of `readExposition`. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether samples of this name are kept. */
  readonly isWanted?: (name: string) => boolean;
}

/** Reads an exposition, and keeps its samples. A family is kept if one of its samples is, or if it has none at all. */
export async function readExposition(
  source: ExpositionSource,
  dialect: Dialect = textFormat,
  { signal, isWanted = () => true }: ReadOptions = {},
): Promise<Exposition> {
  const problems: Problem[] = [];
  const families = new Map<string, KeptFamily>();
  const samples = new WeakMap<ExposedFamily, KeptSample[]>();
  const texts = new Map<string, string>();
  let [last, isKept] = ['', false];
  await streamExposition(
    source,
    dialect,
    {
      problem: (problem) => void problems.push(problem),
      sample: (family, sample) => {
        if (sample.name !== last) [last, isKept] = [sample.name, isWanted(sample.name)];
        if (!isKept) return;
        const labels = sample.labels.map(([label, value]) => [copy(texts, label), copy(texts, value)] as const);
        const kept = { ...sample, name: copy(texts, sample.name), labels, key: seriesKey(sample.name, labels) };
        const list = samples.get(family);
        if (list === undefined) samples.set(family, [kept]);
        else list.push(kept);
      },
      family: (family) => {
        const kept = samples.get(family) ?? [];
        if (kept.length > 0 || !family.hasSamples) keepFamily(families, family, kept);
      },
    },
    signal,
  );
  return { families, problems };
}

/** Keeps a family by the name of its series. */
function keepFamily(families: Map<string, KeptFamily>, draft: FamilyDraft, samples: readonly KeptSample[]): void {
  const { base, name, type, help, hasType, labelNames, isResumed } = draft;
  const known = families.get(name);
  const earlier = isResumed ? (known?.samples ?? []) : [];
  const size = draft.size + (isResumed ? (known?.size ?? 0) : 0);
  // OpenMetrics has `x` and `x_total` as families of their own, whose series have one name.
  const key = known === undefined || isResumed ? name : base;
  families.set(key, { name, type, help, hasType, size, labelNames, samples: [...earlier, ...samples] });
}

/** The same text, of which there is one copy. */
function copy(texts: Map<string, string>, text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  const own = ownCopy(text);
  texts.set(own, own);
  return own;
}
