import type { MetricFamily } from '../../src/core/snapshot.ts';
import type { Frame, Hello, NewFamily } from '../../src/live/protocol.ts';

/** What a series says: a number, or a histogram's sum and buckets. */
type Told = number | null | { readonly sum: number | null; readonly buckets: readonly number[] };

/** Families by name, their series by labels, as one text; as naive as can be, so that it is right. */
export type Table = Record<
  string,
  { readonly type: string; readonly help: string; readonly series: Record<string, Told> }
>;

interface Series {
  readonly family: NewFamily;
  readonly key: string;
  told: Told;
}

const keyOf = (labels: Readonly<Record<string, string>>, bounds?: readonly number[]) =>
  JSON.stringify([
    Object.keys(labels)
      .toSorted()
      .map((name) => [name, labels[name]]),
    bounds,
  ]);

/** Puts frames together again. Shares no code with what made them. */
export class Reader {
  readonly families: NewFamily[] = [];
  readonly series = new Map<number, Series>();
  readonly times: number[] = [];
  left: readonly string[] = [];

  read(frame: Frame): void {
    this.times.push(frame.t);
    this.families.push(...(frame.families ?? []));
    for (const [number, family, labels, bounds] of frame.series ?? []) {
      const told = bounds === undefined ? NaN : { sum: NaN, buckets: bounds.concat(0).map(() => NaN) };
      if (this.series.has(number)) throw new Error(`two series have the number ${number}`);
      this.series.set(number, { family: this.families[family]!, key: keyOf(labels, bounds), told });
    }
    const values = [...(frame.values ?? [])];
    while (values.length > 0) {
      const [number, value] = values.splice(0, 2);
      this.series.get(number!)!.told = value!;
    }
    for (const [number, sum, ...pairs] of frame.histograms ?? []) {
      const series = this.series.get(number)!;
      const buckets = [...(series.told as Exclude<Told, number | null>).buckets]; // it is a histogram's
      for (let index = 0; index < pairs.length; index += 2) buckets[pairs[index]!] = pairs[index + 1]!;
      series.told = { sum, buckets };
    }
    for (const number of frame.gone ?? []) this.series.delete(number);
    this.left = frame.left ?? this.left;
  }

  /** Families without series are not in it. */
  table(): Table {
    const table: Table = {};
    for (const series of this.series.values()) {
      const { name, type, help } = series.family;
      table[name] ??= { type, help, series: {} };
      table[name].series[series.key] = series.told;
    }
    return table;
  }
}

/** The same of what `collect` gives. */
export function tableOf(families: readonly MetricFamily[]): Table {
  const json = (value: number) => (Number.isFinite(value) ? value + 0 : null);
  const table: Table = {};
  for (const family of families) {
    const { name, type, help } = family;
    const series: Record<string, Told> = {};
    for (const one of family.series) {
      if ('buckets' in one) {
        series[keyOf(one.labels, one.bounds)] = { sum: json(one.sum), buckets: [...one.buckets] };
      } else if ('value' in one) series[keyOf(one.labels)] = json(one.value);
    }
    if (Object.keys(series).length > 0) table[name] = { type, help, series };
  }
  return table;
}

export type LiveEvent =
  | { readonly event: 'hello'; readonly data: Hello }
  | { readonly event: 'frame'; readonly data: Frame }
  | { readonly retry: number };

/** The events of a stream of server-sent events, as the specification of HTML reads them. */
export async function* events(stream: AsyncIterable<Uint8Array>): AsyncGenerator<LiveEvent, void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => !line.startsWith(':'));
      if (lines.length === 0) continue; // a comment
      const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s, 2)));
      if ('retry' in fields) yield { retry: Number(fields.retry) };
      else yield { event: fields.event, data: JSON.parse(fields.data) };
    }
  }
}
