import { setTimeout as sleep } from 'node:timers/promises';

/** Label names and values of a series. */
export type Labels = Readonly<Record<string, string>>;

/** One value of one series. `timestamp` is in seconds. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly timestamp: number;
}

/** An active target. */
interface Target {
  readonly labels: Labels;
  readonly scrapeUrl: string;
  readonly health: 'up' | 'down' | 'unknown';
  /** Why the last scrape failed, '' when it did not. */
  readonly lastError: string;
}

/** A rule as it was last evaluated. */
interface Rule {
  readonly group: string;
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly query: string;
  readonly health: 'ok' | 'err' | 'unknown';
  /** Why the last evaluation failed, '' when it did not. */
  readonly lastError: string;
  /** Of alerting rules. */
  readonly state?: 'inactive' | 'pending' | 'firing';
}

/** What a test asks a Prometheus. All of it fails with Prometheus's own error text. */
export interface Api {
  /** Evaluates an expression to an instant vector or scalar, at `time` (seconds since the epoch) or now. */
  query(expr: string, time?: number): Promise<Sample[]>;
  /** All active targets. */
  targets(): Promise<Target[]>;
  /**
   * Resolves when every active target was scraped with success `n` times, counting scrapes that start from now on.
   * Fails after `timeoutMs` (15 s) with the state of the targets. Prometheus takes 5 s to see its first targets.
   */
  waitForScrapes(n: number, timeoutMs?: number): Promise<void>;
  /** The rules of all groups. */
  rules(): Promise<Rule[]>;
}

type Value = [timestamp: number, value: string];
type QueryData =
  | { resultType: 'vector'; result: { metric: Labels; value?: Value }[] }
  | { resultType: 'matrix'; result: { metric: Labels; values?: Value[] }[] }
  | { resultType: 'scalar' | 'string'; result: Value };

/** The HTTP API of the Prometheus at `url`. */
export function createApi(url: string): Api {
  const evaluate = (params: Record<string, string>) =>
    call<QueryData>(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams(params) });

  const targets = async () =>
    (await call<{ activeTargets: Target[] }>(`${url}/api/v1/targets?state=active`)).activeTargets;

  return {
    async query(expr, time) {
      return toSamples(expr, await evaluate(time === undefined ? { query: expr } : { query: expr, time: `${time}` }));
    },
    targets,
    async waitForScrapes(n, timeoutMs = 15_000) {
      const start = Date.now();
      for (;;) {
        const [active, ups] = [await targets(), await evaluate({ query: 'up[1h]' })];
        const counts = active.map(({ labels }) => countSuccesses(ups, labels, start / 1000));
        if (active.length > 0 && counts.every((count) => count >= n)) return;
        if (Date.now() - start > timeoutMs) {
          const state = active.map((target, i) => `${target.scrapeUrl} ${counts[i]} times: ${target.lastError}`);
          throw new Error(`not scraped ${n} times in ${timeoutMs} ms: ${state.join('; ') || 'no active target'}`);
        }
        await sleep(50);
      }
    },
    async rules() {
      const { groups } = await call<{ groups: { name: string; rules: Rule[] }[] }>(`${url}/api/v1/rules`);
      return groups.flatMap(({ name, rules }) =>
        rules.map((rule) => ({ ...rule, group: name, lastError: rule.lastError ?? '' })),
      );
    },
  };
}

async function call<Data>(url: string, init: RequestInit = {}): Promise<Data> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  const body = (response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : { error: text }) as {
    status?: string;
    data: Data;
    error?: string;
  };
  if (body.status !== 'success') throw new Error(`${url} answers ${response.status}: ${body.error}`);
  return body.data;
}

function toSamples(expr: string, data: QueryData): Sample[] {
  if (data.resultType === 'scalar') return [toSample({}, data.result)];
  if (data.resultType !== 'vector') throw new Error(`${expr} is a ${data.resultType}, not an instant vector or scalar`);
  return data.result.map(({ metric, value }) => {
    if (value === undefined) throw new Error(`${expr} has native histograms; ask for histogram_count() or the like`);
    return toSample(metric, value);
  });
}

function toSample(labels: Labels, [timestamp, value]: Value): Sample {
  return { labels, value: toNumber(value), timestamp };
}

function toNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

/** How often the target with these labels was up at or after `since`. A sample's time is the start of its scrape. */
function countSuccesses(ups: QueryData, labels: Labels, since: number): number {
  if (ups.resultType !== 'matrix') throw new Error(`up[1h] is a ${ups.resultType}, not a matrix`);
  const series = ups.result.find(({ metric }) => sameLabels(metric, { ...labels, __name__: 'up' }));
  return (series?.values ?? []).filter(([time, value]) => time >= since && value === '1').length;
}

function sameLabels(a: Labels, b: Labels): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
