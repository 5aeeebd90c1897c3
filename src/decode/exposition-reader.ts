import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Dialect, textFormat } from './dialect.ts';
import { type Exposition, type KeptFamily, type KeptSample, seriesKey } from './exposition.ts';
import type { FamilyDraft } from './family-draft.ts';
import { FamilyReader, type Sink } from './family-reader.ts';
import { LineReader } from './line-reader.ts';
import { readLines } from './lines.ts';
import { ownCopy } from './own-copy.ts';
import type { Problem } from './problem.ts';

/** The bytes of an exposition, whole or in pieces. */
export type ExpositionSource = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Reads an exposition to its end, whatever is wrong with single lines, and gives each sample and problem to the sink. Keeps what
 * its families have in common, and some bytes for each series.
 *
 * The event loop runs between blocks of lines, so that a large exposition blocks it for some milliseconds at a time.
 * Rejects when the signal is aborted.
 */
export async function streamExposition(
  source: ExpositionSource,
  dialect: Dialect,
  sink: Sink,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, FamilyDraft>> {
  const families = new FamilyReader(dialect, sink);
  const lines = new LineReader(dialect, families, sink);
  for await (const block of readLines(source instanceof Uint8Array ? [source] : source)) {
    if (!lines.read(block)) break;
    await nextTurn(undefined, { signal });
  }
  lines.finish();
  return families.finish();
}

/** Every field has a default; the default is in the signature of `readExposition`. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether samples of this name are kept. */
  readonly isWanted?: (name: string) => boolean;
}

/** Reads an exposition, and keeps its samples. */
export async function readExposition(
  source: ExpositionSource,
  dialect: Dialect = textFormat,
  { signal, isWanted = () => true }: ReadOptions = {},
): Promise<Exposition> {
  const problems: Problem[] = [];
  const samples = new Map<string, KeptSample[]>();
  const texts = new Map<string, string>();
  let [last, isKept] = ['', false];
  const found = await streamExposition(
    source,
    dialect,
    {
      problem: (problem) => void problems.push(problem),
      sample: (family, sample) => {
        if (sample.name !== last) [last, isKept] = [sample.name, isWanted(sample.name)];
        if (!isKept) return;
        const labels = sample.labels.map(([label, value]) => [copy(texts, label), copy(texts, value)] as const);
        const kept = { ...sample, name: copy(texts, sample.name), labels, key: seriesKey(sample.name, labels) };
        const list = samples.get(family.name);
        if (list === undefined) samples.set(copy(texts, family.name), [kept]);
        else list.push(kept);
      },
    },
    signal,
  );
  const families = new Map<string, KeptFamily>();
  for (const [name, family] of found) {
    const { type, help, hasType, size, labelNames } = family;
    families.set(name, { name, type, help, hasType, size, labelNames, samples: samples.get(family.name) ?? [] });
  }
  return { families, problems };
}

/** The same text, of which there is one copy. */
function copy(texts: Map<string, string>, text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  const own = ownCopy(text);
  texts.set(own, own);
  return own;
}
