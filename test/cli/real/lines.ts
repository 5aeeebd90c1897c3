/** What an endpoint has counted: a quarter of its calls ended INTERNAL, and one call goes on. */
export interface Counted {
  readonly calls: number;
}

/** A text that a real program writes, and what is to be made of it. */
export interface RealExposition {
  readonly name: string;
  /** Where the names and the format are from. */
  readonly source: string;
  /** The text format 0.0.4 by default. */
  readonly contentType?: string;
  readonly text: (counted: Counted) => string;
  /** What `top` shows of 8 calls in 2 seconds, each of which took 0.1 seconds. None for an exposition without calls. */
  readonly top?: ExpectedRow;
  /** The rules that `check` reports, in their order. */
  readonly check: readonly string[];
  /** Who refuses the text; nobody by default. */
  readonly refusedBy?: readonly ('prometheus' | 'prometheus3' | 'promtool' | 'promtool3')[];
}

/** A row of `top`. By default 4 calls a second with all that there is to know of a server. */
export interface ExpectedRow {
  readonly side?: 'server' | 'client';
  readonly method?: string;
  readonly errors?: number | null;
  readonly faults?: number | null;
  readonly hasQuantiles?: boolean;
  readonly inFlight?: number | null;
}

/** Label pairs as they stand in a line. */
export function labels(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
}

/** A family with its head. */
export function family(type: string, name: string, help: string, lines: readonly string[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** A counter by status: three quarters are `ok`, a quarter is `bad`. */
export function byStatus({ calls }: Counted, line: (status: string, count: number) => string, ok: string, bad: string) {
  return [line(ok, (calls / 4) * 3), line(bad, calls / 4)];
}

/** How a histogram is written. */
export interface HistogramOptions {
  /** Units in a second: 1000 for milliseconds. */
  readonly perSecond?: number;
  /** How a bound is written. */
  readonly bound?: (bound: number) => string;
  readonly count?: (count: number) => string;
}

/** The lines of a histogram whose observations all took 0.1 seconds: buckets up to 0.01, 0.1 and 1 s. */
export function histogramLines(
  name: string,
  own: string,
  calls: number,
  { perSecond = 1, bound = String, count = String }: HistogramOptions = {},
): string[] {
  const inner = own === '' ? '' : `${own},`;
  const buckets = [0.01, 0.1, 1].map((seconds) => {
    const counted = count(seconds < 0.1 ? 0 : calls);
    return `${name}_bucket{${inner}le="${bound(seconds * perSecond)}"} ${counted}`;
  });
  const series = own === '' ? '' : `{${own}}`;
  return [
    ...buckets,
    `${name}_bucket{${inner}le="+Inf"} ${count(calls)}`,
    `${name}_sum${series} ${calls * 0.1 * perSecond}`,
    `${name}_count${series} ${count(calls)}`,
  ];
}
